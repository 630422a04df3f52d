/* SPDX-License-Identifier: GPL-2.0-only */
/* The page's parts that scripts/build/embed.py made of user/report/ and the chart library at build time. */
#ifndef OOMTRACE_HTML_ASSETS_H
#define OOMTRACE_HTML_ASSETS_H

extern const char html_asset_style[];
extern const char html_asset_library[]; /* dygraphs */
extern const char html_asset_script[];
extern const char html_asset_licence[]; /* of dygraphs, as HTML */

/* As the policy has them: "sha256-...". */
extern const char html_asset_style_hash[];
extern const char html_asset_library_hash[];
extern const char html_asset_script_hash[];

#endif
