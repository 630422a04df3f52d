// SPDX-License-Identifier: GPL-2.0-only
#include "commands/diagnose.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/exit_codes.h"
#include "base/privileges.h"

int diagnose__privileges(void)
{
	char missing[64] = "";
	int err = privileges__missing(missing, sizeof(missing));

	if (err || !missing[0])
		return EXIT_DONE;
	if (!geteuid()) {
		fprintf(stderr,
			"oomtrace: missing %s: this root may not trace the kernel, as in a container.\nRun oomtrace on the host.\n",
			missing);
		return EXIT_UNSUPPORTED;
	}
	fprintf(stderr,
		"oomtrace: missing %s: only root, or a process with CAP_BPF and CAP_PERFMON, may trace the "
		"kernel.\nRun it as root: sudo oomtrace ...\n",
		missing);
	return EXIT_UNSUPPORTED;
}

static const char *failed_purpose(const struct plan *plan, const char **lost)
{
	for (int i = 0; i < PLAN_PURPOSES; i++) {
		if (plan->choices[i].wanted && plan->choices[i].error &&
		    plan->choices[i].candidate == PLAN_NOT_ATTACHED && plan_purposes[i].required) {
			*lost = plan_purposes[i].lost;
			return plan_purposes[i].name;
		}
	}
	return NULL;
}

/* "confidentiality" takes away functions that programs call, so the verifier refuses the programs (EINVAL). */
static bool is_by_lockdown(int err, const char *lockdown)
{
	return lockdown && (err == -EPERM || !strcmp(lockdown, "confidentiality"));
}

int diagnose__open_failure(int err, const struct plan *plan)
{
	const char *lockdown = privileges__lockdown();
	const char *lost = NULL, *purpose = failed_purpose(plan, &lost);

	if (access("/sys/kernel/btf/vmlinux", R_OK)) {
		fputs("oomtrace: this kernel has no BTF (/sys/kernel/btf/vmlinux). oomtrace needs this description "
		      "of the kernel's types.\nUse Linux 5.10 or newer that is built with "
		      "CONFIG_DEBUG_INFO_BTF=y, as Debian, Ubuntu, Fedora and others build it.\n",
		      stderr);
	} else if (is_by_lockdown(err, lockdown)) {
		fprintf(stderr,
			"oomtrace: the kernel is locked down (%s): nobody may trace it, not even root.\nSecure "
			"Boot locks a kernel down, and so does lockdown= on its command line; "
			"/sys/kernel/security/lockdown shows the mode.\n",
			lockdown);
	} else if (err == -EPERM) {
		fputs("oomtrace: the kernel refuses to load tracing programs, although oomtrace has the "
		      "privileges.\nA lock-down, seccomp or a security module forbids it. Inside a container, run "
		      "oomtrace on the host instead. -v shows what the kernel says.\n",
		      stderr);
	} else if (err == -EMFILE || err == -ENFILE) {
		fprintf(stderr,
			"oomtrace: loading the tracing programs failed: %s. oomtrace needs some hundred file "
			"descriptors.\n'ulimit -n' shows how many a process may have here.\n",
			strerror(-err));
		return EXIT_RUNTIME;
	} else if (purpose) {
		fprintf(stderr,
			"oomtrace: nothing can be attached for '%s' on this kernel (%s). Without it these would "
			"be missing: %s.\n-v shows what the kernel says.\n",
			purpose, strerror(-err), lost);
	} else {
		fprintf(stderr,
			"oomtrace: loading the tracing programs failed: %s.\n"
			"-v shows what the kernel says.\n",
			strerror(-err));
		return err == -ENOMEM ? EXIT_RUNTIME : EXIT_UNSUPPORTED;
	}
	return EXIT_UNSUPPORTED;
}

static const char *why_not_wanted(enum plan_need need)
{
	switch (need) {
	case PLAN_TARGET:
		return "not needed without a target";
	case PLAN_USAGE:
		return "not needed: usage is followed only for a target or with --all, on cgroup v2";
	case PLAN_EXACT:
		return "not needed: usage is recorded only for one target on cgroup v2";
	case PLAN_MANY:
		return "not needed without several targets";
	case PLAN_STACKS:
		return "not needed without --stacks";
	case PLAN_SNAPS:
		return "not needed without --snapshot";
	case PLAN_STEPS:
		return "not needed: all is loaded at once";
	case PLAN_NOTES:
		return "not needed: the next one has all that it needs";
	case PLAN_ANY:
	case PLAN_NEEDS:
		break;
	}
	return "not needed";
}

void diagnose__print_given_up(FILE *out, const struct plan *plan)
{
	const char *last = ""; /* two purposes in a row may lose the same */
	struct record_probe missing[PLAN_PURPOSES];
	size_t count = plan__missing(plan, missing);

	for (size_t i = 0; i < count; i++) {
		if (!missing[i].lost || !strcmp(missing[i].lost, last))
			continue;
		last = missing[i].lost;
		fprintf(out, "oomtrace: not seen in this trace: %s (%s).\n", last,
			strerror(-missing[i].error));
	}
}

void diagnose__print_plan(FILE *out, const struct plan *plan)
{
	for (int i = 0; i < PLAN_PURPOSES; i++) {
		const struct plan_candidate *chosen = plan__chosen(plan, i);
		const struct plan_choice *choice = &plan->choices[i];

		fprintf(out, "    %-18s", plan_purposes[i].name);
		if (chosen)
			fputs(chosen->label, out);
		else if (!choice->wanted)
			fputs(why_not_wanted(plan_purposes[i].need), out);
		else
			fprintf(out, "NOT ATTACHED: lost: %s", plan_purposes[i].lost);
		if (choice->error)
			fprintf(out, " (an earlier choice failed: %s)", strerror(-choice->error));
		fputc('\n', out);
	}
}
