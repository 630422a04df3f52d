// SPDX-License-Identifier: GPL-2.0-only
#include "containers/owner_budget.h"

#include <string.h>

static void refill(struct owner_budget_one *one, uint64_t part, int64_t most_ns, uint64_t now_ns)
{
	uint64_t since_ns = now_ns > one->at_ns ? now_ns - one->at_ns : 0;

	one->left_ns += (int64_t)(since_ns / part);
	if (!one->at_ns || one->left_ns > most_ns)
		one->left_ns = most_ns;
	one->at_ns = now_ns > one->at_ns ? now_ns : one->at_ns;
}

/* As it is now. One that isn't known yet takes the place of the one that was asked about the longest ago. */
static struct owner_budget_one *find(struct owner_budget *budget, const char *path, uint64_t now_ns)
{
	struct owner_budget_one *found = &budget->owners[0];
	struct owner owner;

	owner__of(path, &owner);
	for (size_t i = 0; i < OWNER_BUDGET__OWNERS; i++) {
		struct owner_budget_one *one = &budget->owners[i];

		if (one->at_ns && !strcmp(one->owner.whose, owner.whose)) {
			found = one;
			break;
		}
		if (one->at_ns < found->at_ns)
			found = one;
	}
	if (!found->at_ns || strcmp(found->owner.whose, owner.whose))
		*found = (struct owner_budget_one){ .owner = owner };
	refill(found, budget->part, budget->at_once_ns, now_ns);
	refill(&budget->all, budget->part_all,
	       budget->at_once_ns * (int64_t)(budget->part / budget->part_all), now_ns);
	return found;
}

bool owner_budget__may(struct owner_budget *budget, const char *path, uint64_t now_ns)
{
	return find(budget, path, now_ns)->left_ns > 0 && budget->all.left_ns > 0;
}

void owner_budget__take(struct owner_budget *budget, const char *path, uint64_t took_ns, uint64_t now_ns)
{
	find(budget, path, now_ns)->left_ns -= (int64_t)took_ns;
	budget->all.left_ns -= (int64_t)took_ns;
}
