// SPDX-License-Identifier: GPL-2.0-only
#include "record/sink.h"

#include "base/stream.h"

int sink__take(struct sink *sink, const struct record *record)
{
	return sink->ops->take(sink, record);
}

int sink__dispatch(const sink_take_fn takes[RECORD_KINDS], struct sink *sink, const struct record *record)
{
	return takes[record->kind] ? takes[record->kind](sink, record) : 0;
}

int sink__flush(struct sink *sink)
{
	return sink->out ? stream__flush(sink->out) : 0;
}

int sink__finish(struct sink *sink)
{
	int err = sink->ops->finish ? sink->ops->finish(sink) : 0;

	return err ? err : sink__flush(sink);
}

int sink__sync(struct sink *sink)
{
	return sink->ops->sync ? sink->ops->sync(sink) : 0;
}
