#!/usr/bin/env bash
# usage: scripts/check-abi.sh
#
# Compiles each header of include/weir by itself, as user space sees it and as BPF does: it must
# need nothing included before it, hide no padding in a struct (-Wpadded), and satisfy its own
# assertions on both sides. CC and CLANG may name the compilers.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

CC=${CC:-gcc}
CLANG=${CLANG:-clang}
multiarch=$(gcc -print-multiarch 2>/dev/null || echo "$(uname -m)-linux-gnu")
flags=(-std=gnu11 -Wall -Wextra -Wpadded -Werror -Iinclude -fsyntax-only -x c -)
status=0

for header in include/weir/*.h; do
	line="#include \"${header#include/}\""
	"$CC" "${flags[@]}" <<<"$line" || status=1
	"$CLANG" -target bpf -idirafter "/usr/include/$multiarch" "${flags[@]}" <<<"$line" || status=1
done
exit $status
