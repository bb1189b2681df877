// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What processes were made of, and cgroups that are made: for when neither can be found any more.
 * That a cgroup is removed tells of the end of what was in it.
 *
 * An exec is noted before /proc shows anything of it, where the kernel tells of that (Linux 6.10):
 * so what was read there is of the old program if no exec is noted afterwards. Elsewhere it is noted
 * when the new program is ready to run.
 */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "trace.h"
#include "trace_kernel.h"

static __always_inline int exec_note(const struct task_struct *task,
				     const struct linux_binprm *bprm, __u32 program)
{
	struct weir_exec exec = { .program = program };
	__u32 tgid = task->tgid;

	exec.start_ns = BPF_CORE_READ(task, group_leader, start_boottime);
	bpf_probe_read_kernel_str(exec.path, sizeof(exec.path), BPF_CORE_READ(bprm, interp));
	bpf_map_update_elem(&execs, &tgid, &exec, BPF_ANY);
	return 0;
}

/* From here on it becomes the new program, or it ends. */
SEC("tp_btf/sched_prepare_exec")
int weir_exec_begin(__u64 *ctx)
{
	const struct task_struct *task = (const void *)ctx[0];

	return exec_note(task, (const void *)ctx[1], (__u32)task->self_exec_id + 1);
}

SEC("tp_btf/sched_process_exec")
int weir_exec(__u64 *ctx)
{
	const struct task_struct *task = (const void *)ctx[0];

	return exec_note(task, (const void *)ctx[2], (__u32)task->self_exec_id);
}

/*
 * A new process is made of what its parent is, until it says otherwise: not of what another thread
 * of its parent is about to make of that.
 */
SEC("tp_btf/sched_process_fork")
int weir_fork(__u64 *ctx)
{
	const struct task_struct *parent = (const void *)ctx[0], *child = (const void *)ctx[1];
	__u32 tgid = child->tgid, from = parent->tgid;
	const struct weir_exec *of_parent;
	struct weir_exec exec;

	if (tgid == from) /* a thread */
		return 0;
	of_parent = bpf_map_lookup_elem(&execs, &from);
	if (!of_parent)
		return 0;
	exec = *of_parent;
	if (weir_program_is_later(exec.program, (__u32)child->self_exec_id))
		return 0;
	exec.start_ns = child->start_boottime;
	exec.program = (__u32)child->self_exec_id;
	bpf_map_update_elem(&execs, &tgid, &exec, BPF_ANY);
	return 0;
}

static __always_inline int cgroup_tell(__u64 *ctx, enum weir_event_type type)
{
	const struct cgroup *cgroup = (const void *)ctx[0];
	struct weir_cgroup_event *event;

	if (BPF_CORE_READ(cgroup, root, hierarchy_id))
		return 0;
	event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
	if (!event) {
		events_lost();
		return 0;
	}
	__builtin_memset(event, 0, sizeof(*event));
	event->hdr.len = sizeof(*event);
	event->hdr.type = type;
	event->hdr.version = WEIR_EVENT_VERSION;
	event->hdr.time_ns = bpf_ktime_get_ns();
	event->id = BPF_CORE_READ(cgroup, kn, id);
	bpf_probe_read_kernel_str(event->path, sizeof(event->path), (const void *)ctx[1]);
	bpf_ringbuf_submit(event, 0);
	return 0;
}

SEC("tp_btf/cgroup_mkdir")
int weir_cgroup(__u64 *ctx)
{
	return cgroup_tell(ctx, WEIR_EVENT_CGROUP);
}

SEC("tp_btf/cgroup_rmdir")
int weir_cgroup_end(__u64 *ctx)
{
	return cgroup_tell(ctx, WEIR_EVENT_CGROUP_GONE);
}
