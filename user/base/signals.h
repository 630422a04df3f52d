/* SPDX-License-Identifier: GPL-2.0-only */
/* What a parent may have left of signals: those that it blocked or ignored stay so across exec. */
#ifndef OOMTRACE_SIGNALS_H
#define OOMTRACE_SIGNALS_H

/*
 * To be called at the start of main(). Nothing is blocked then, so that SIGTERM ends a report, and children can be
 * waited for. SIGPIPE and SIGXFSZ are ignored. SIGINT and SIGHUP stay ignored where they are: as a shell has it in the
 * background, and nohup.
 */
void signals__set_up(void);

/*
 * Of a command that stops on SIGINT and SIGTERM: they end it from now on, also where they were ignored. A trace blocks
 * them and reads them off a descriptor, but one that came before would be lost.
 */
void signals__heed_ends(void);

#endif
