// SPDX-License-Identifier: GPL-2.0-only
#include "commands/session_record.h"

#include <sys/utsname.h>
#include <unistd.h>

#include "host/cgroup_limits.h"
#include "host/identity.h"
#include "host/meminfo.h"

int session_record__tell(struct sink *sink, const struct cgroup__hierarchy *h, const struct target *target,
			 struct plan *plan, struct record_time started, uint64_t attached_ns, uint64_t kills,
			 const char *kills_in)
{
	char machine_id[IDENTITY__SIZE], boot_id[IDENTITY__SIZE];
	struct utsname uts;
	char max_cgroup[PATH_MAX] = "";
	struct record record = { .kind = RECORD_SESSION, .time = started };
	struct record_session *r = &record.session;
	struct record_probe probes[PLAN_PURPOSES];

	*r = (struct record_session){
		.version = OOMTRACE_VERSION,
		.target_kind = target->kind,
		.target_name = target->name,
		.target_cgroup = target->cgroup[0] ? target->cgroup : NULL,
		.container = target->container,
		.page_size = sysconf(_SC_PAGESIZE),
		.attached_ns = attached_ns,
		.kills_while_attaching = kills,
		.kills_counted_in = kills_in,
		.probes = probes,
		.probe_count = plan__probes(plan, probes),
	};
	r->has_memory =
		target->cgroup_id && !cgroup__read_u64(target->dir_fd, "memory.current", &r->usage_bytes) &&
		!cgroup_limits__lowest(h, target->cgroup, &r->max_bytes, max_cgroup, sizeof(max_cgroup)) &&
		!meminfo__machine("MemTotal", &r->machine_total_bytes) &&
		!meminfo__machine("MemAvailable", &r->machine_available_bytes);
	if (max_cgroup[0])
		r->max_cgroup = max_cgroup;
	if (!identity__machine(machine_id))
		r->machine_id = machine_id;
	if (!identity__boot(boot_id))
		r->boot_id = boot_id;
	uname(&uts);
	r->host = uts.nodename;
	r->kernel = uts.release;
	r->arch = uts.machine;
	return sink__take(sink, &record);
}
