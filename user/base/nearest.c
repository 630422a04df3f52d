// SPDX-License-Identifier: GPL-2.0-only
#include "base/nearest.h"

size_t nearest__distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
	/* Distances of the first i characters of a, and of i - 1 and i - 2, to the first j of b. */
	size_t rows[3][NEAREST__NAME_MAX + 1];

	if (a_len > NEAREST__NAME_MAX || b_len > NEAREST__NAME_MAX)
		return SIZE_MAX;
	for (size_t j = 0; j <= b_len; j++)
		rows[0][j] = j;
	for (size_t i = 1; i <= a_len; i++) {
		size_t *row = rows[i % 3], *above = rows[(i + 2) % 3], *second = rows[(i + 1) % 3];

		row[0] = i;
		for (size_t j = 1; j <= b_len; j++) {
			size_t best = above[j - 1] + (a[i - 1] != b[j - 1]);

			if (above[j] + 1 < best)
				best = above[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
			    second[j - 2] + 1 < best)
				best = second[j - 2] + 1;
			row[j] = best;
		}
	}
	return rows[a_len % 3][b_len];
}

size_t nearest__limit(size_t len)
{
	return len / 3 > 1 ? len / 3 + 1 : 2;
}
