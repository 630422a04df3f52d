// SPDX-License-Identifier: GPL-2.0-only
#include "report/html/flame.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/json_string.h"
#include "report/html/elements.h"

#define SEEN_FRACTION 4000 /* a node with less than this part of all is not written */
#define ROWS_MAX 15

void html_flame__put_json(FILE *out, const struct flame_tree *flame)
{
	uint64_t least = flame_tree__bytes(flame) / SEEN_FRACTION;
	uint32_t *written =
		calloc(flame_tree__node_count(flame), sizeof(*written)); /* index in what is written */
	uint32_t count = 0;

	fputs("{\"names\":[", out);
	for (uint32_t i = 0; i < flame_tree__name_count(flame); i++) {
		fputs(i ? "," : "", out);
		json_string__put(out, flame_tree__name(flame, i));
	}
	fputs("],\"nodes\":[", out);
	/* A parent is older than its children and has at least their bytes. */
	for (uint32_t i = 0; written && i < flame_tree__node_count(flame); i++) {
		const struct flame_node *node = flame_tree__node(flame, i);

		if (node->bytes < least)
			continue;
		written[i] = count;
		fprintf(out, "%s[%" PRId64 ",%" PRIu32 ",%" PRIu64 ",%d]", count ? "," : "",
			i ? (int64_t)written[node->parent] : -1, node->name, node->bytes, (int)node->kind);
		count++;
	}
	fputs("]}", out);
	free(written);
}

void html_flame__put_rows(FILE *out, const struct flame_tree *flame)
{
	uint64_t below = UINT64_MAX;

	for (int row = 0; row < ROWS_MAX; row++) {
		uint64_t most = 0;

		for (uint32_t i = 0; i < flame_tree__name_count(flame); i++) {
			if (flame_tree__own_bytes(flame, i) > most && flame_tree__own_bytes(flame, i) < below)
				most = flame_tree__own_bytes(flame, i);
		}
		if (!most)
			return;
		for (uint32_t i = 0; i < flame_tree__name_count(flame) && row < ROWS_MAX; i++) {
			if (flame_tree__own_bytes(flame, i) != most)
				continue;
			fputs("<tr><th scope=\"row\">", out);
			html_elements__name(out, flame_tree__name(flame, i));
			fputs("</th><td class=\"n\">", out);
			html_elements__size(out, most);
			fprintf(out, "</td><td class=\"n\">%.1f %%</td></tr>\n",
				100.0 * (double)most / (double)flame_tree__bytes(flame));
			row++;
		}
		row--;
		below = most;
	}
}
