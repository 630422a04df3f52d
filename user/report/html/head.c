// SPDX-License-Identifier: GPL-2.0-only
#include "report/html/head.h"

#include "report/html/assets.h"
#include "report/html/elements.h"

void html_head__put(FILE *out, const char *name, const char *what, bool scripts)
{
	fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
	      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; ",
	      out);
	if (scripts)
		fprintf(out, "script-src '%s' '%s'; ", html_asset_library_hash, html_asset_script_hash);
	fprintf(out,
		"style-src '%s'; base-uri 'none'; form-action 'none'\">\n"
		"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
		"<meta name=\"color-scheme\" content=\"light dark\">\n"
		"<meta name=\"referrer\" content=\"no-referrer\">\n<title>",
		html_asset_style_hash);
	html_elements__text(out, name);
	fprintf(out,
		": %s</title>\n<style>%s</style>\n</head>\n<body>\n"
		"<a class=\"skip\" href=\"#main\">Skip to the report</a>\n",
		what, html_asset_style);
}
