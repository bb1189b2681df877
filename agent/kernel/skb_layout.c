// SPDX-License-Identifier: BSD-2-Clause
/*
 * Reads all of the kernel's BTF for three offsets: some 12 ms, and 6 MB for that time.
 */
#include "kernel/skb_layout.h"

#include <errno.h>
#include <malloc.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <bpf/btf.h>

/* A member that is no bit field, of that size; 0: there is none. */
static bool find_member(const struct btf *btf, const char *of, const char *name, int64_t size,
			uint16_t *ret)
{
	int32_t id = btf__find_by_name_kind(btf, of, BTF_KIND_STRUCT);
	const struct btf_type *type = id > 0 ? btf__type_by_id(btf, (uint32_t)id) : NULL;
	const struct btf_member *members = type ? btf_members(type) : NULL;

	for (uint32_t i = 0; type && i < btf_vlen(type); i++) {
		const char *is = btf__name_by_offset(btf, members[i].name_off);

		if (!is || strcmp(is, name) != 0)
			continue;
		*ret = (uint16_t)(btf_member_bit_offset(type, i) / 8);
		return btf__resolve_size(btf, members[i].type) == size;
	}
	return false;
}

int skb_layout_read(struct weir_skb_layout *ret)
{
	struct weir_skb_layout layout = { .is_known = 1 };
	struct btf *btf = btf__load_vmlinux_btf();
	bool is_found;

	if (!btf)
		return -errno;
	/* On 64 bits `end` is an offset, elsewhere a pointer. */
	is_found = find_member(btf, "sk_buff", "head", 8, &layout.head) &&
		   find_member(btf, "sk_buff", "end", 4, &layout.end) &&
		   find_member(btf, "skb_shared_info", "gso_type", 4, &layout.gso_type);
	btf__free(btf);
	malloc_trim(0);
	if (!is_found)
		return -ENOENT;
	*ret = layout;
	return 0;
}
