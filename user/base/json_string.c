// SPDX-License-Identifier: GPL-2.0-only
#include "base/json_string.h"

#include <stdlib.h>
#include <string.h>

#include "base/escape.h"

void json_string__put(FILE *out, const char *text)
{
	char *safe;

	if (!text) {
		fputs("null", out);
		return;
	}
	safe = malloc(ESCAPE__TERMINAL_SIZE(strlen(text)));
	if (!safe) {
		fputs("null", out);
		return;
	}
	escape__terminal(safe, ESCAPE__TERMINAL_SIZE(strlen(text)), text, strlen(text));
	fputc('"', out);
	for (const char *c = safe; *c; c++) {
		/* No control is left. '<' could end the element, or begin a comment in it. */
		if (*c == '"' || *c == '\\')
			fprintf(out, "\\%c", *c);
		else if (*c == '<' || *c == '>' || *c == '&')
			fprintf(out, "\\u%04x", *c);
		else
			fputc(*c, out);
	}
	fputc('"', out);
	free(safe);
}
