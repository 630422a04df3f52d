// SPDX-License-Identifier: GPL-2.0-only
#include "base/json_size.h"

bool json_size__is_bounded(const char *text, size_t len, size_t objects_max, size_t values_max)
{
	size_t objects = 0, values = 0;
	bool quoted = false;

	if (len <= objects_max && len <= values_max)
		return true;
	for (size_t i = 0; i < len && objects <= objects_max && values <= values_max; i++) {
		if (quoted && text[i] == '\\')
			i++;
		else if (text[i] == '"')
			quoted = !quoted;
		else if (!quoted && (text[i] == '{' || text[i] == '['))
			objects++;
		else if (!quoted && text[i] == ',')
			values++;
	}
	return objects <= objects_max && values <= values_max;
}
