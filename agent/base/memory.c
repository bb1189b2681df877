// SPDX-License-Identifier: BSD-2-Clause
/*
 * Loading and linking run through megabytes of libraries once: libc, libbpf, libelf. Their pages
 * would count as resident for ever.
 */
#include "base/memory.h"

#include <link.h>
#include <malloc.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

static int give_back_text(struct dl_phdr_info *object, size_t size, void *ctx)
{
	const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);

	(void)size;
	(void)ctx;
	for (int i = 0; i < object->dlpi_phnum; i++) {
		uintptr_t from = object->dlpi_addr + object->dlpi_phdr[i].p_vaddr;
		uintptr_t to = from + object->dlpi_phdr[i].p_memsz;

		/* Of a segment that is only read the file has all: relocation writes to others. */
		if (object->dlpi_phdr[i].p_type != PT_LOAD || object->dlpi_phdr[i].p_flags & PF_W)
			continue;
		from &= ~(page - 1);
		/* What is no file, such as the vDSO, the kernel refuses. */
		(void)madvise((void *)from, to - from, MADV_DONTNEED);
	}
	return 0;
}

void memory_give_back_heap(void)
{
	malloc_trim(0);
}

void memory_give_back(void)
{
	memory_give_back_heap();
	(void)dl_iterate_phdr(give_back_text, NULL);
}

size_t memory_in_use(void)
{
	struct mallinfo2 info = mallinfo2();

	return info.uordblks + info.hblkhd;
}
