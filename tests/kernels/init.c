// SPDX-License-Identifier: BSD-2-Clause
/*
 * The first process of a guest that scripts/kernels/boot has started: loads the modules beside it,
 * makes the host's root (9p, read-only) writable by an overlay that is forgotten, moves there, and
 * runs the command that it finds in the directory shared with the host. The command's output and
 * its exit status go there too. Linked statically: where it begins there is nothing else.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#define SHARE	   "/mnt"
#define ROOT	   "/root"
#define NINEP	   "trans=virtio,version=9p2000.L,msize=512000"
#define PATH_BYTES 4096

/* The console is what the host shows when there is no exit status. */
__attribute__((noreturn, format(printf, 1, 2))) static void give_up(const char *format, ...)
{
	int error = errno;
	va_list args;

	va_start(args, format);
	printf("init: ");
	vprintf(format, args);
	printf(": %s\n", strerror(error));
	va_end(args);
	sync();
	reboot(RB_AUTOBOOT);
	_exit(1);
}

static void mount_at(const char *type, const char *source, const char *at, unsigned long flags,
		     const char *options)
{
	if (mkdir(at, 0755) && errno != EEXIST)
		give_up("cannot make %s", at);
	if (mount(source, at, type, flags, options))
		give_up("cannot mount %s", at);
}

/* 00.ko, 01.ko ...: in the order of their dependencies. */
static void load_modules(void)
{
	for (int i = 0;; i++) {
		char path[16];
		int fd;

		snprintf(path, sizeof(path), "/%02d.ko", i);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			return;
		if (syscall(SYS_finit_module, fd, "", 0) && errno != EEXIST)
			give_up("cannot load %s", path);
		close(fd);
	}
}

static void enter_root(void)
{
	static const char *const moved[] = { "/dev", "/proc", "/sys" };

	mount_at("9p", "root", "/lower", MS_RDONLY, NINEP ",cache=loose");
	mount_at("tmpfs", "tmpfs", "/upper", 0, "mode=755");
	if (mkdir("/upper/data", 0755) || mkdir("/upper/work", 0755))
		give_up("cannot make the overlay's directories");
	mount_at("overlay", "overlay", ROOT, 0,
		 "lowerdir=/lower,upperdir=/upper/data,workdir=/upper/work");
	for (size_t i = 0; i < sizeof(moved) / sizeof(*moved); i++) {
		char to[PATH_BYTES];

		snprintf(to, sizeof(to), ROOT "%s", moved[i]);
		if (mount(moved[i], to, NULL, MS_MOVE, NULL))
			give_up("cannot move %s", moved[i]);
	}
	/* Not a child's root but everybody's: the kernel looks for modprobe there. */
	if (chdir(ROOT) || chroot(".") || chdir("/"))
		give_up("cannot enter the root");
}

/* The directory with the guest's own modules is told by the kernel's command line. */
static void mount_modules(void)
{
	const char *from = getenv("MODULES");

	if (mkdir("/lib/modules", 0755) && errno != EEXIST)
		give_up("cannot make /lib/modules");
	if (from && mount(from, "/lib/modules", NULL, MS_BIND, NULL))
		give_up("cannot mount %s", from);
}

static void run_command(void)
{
	int output = open(SHARE "/output", O_WRONLY | O_CREAT | O_APPEND, 0644);
	int input = open("/dev/null", O_RDONLY);

	if (output < 0 || input < 0 || dup2(input, STDIN_FILENO) < 0 ||
	    dup2(output, STDOUT_FILENO) < 0 || dup2(output, STDERR_FILENO) < 0)
		_exit(126);
	close(output);
	close(input);
	setsid();
	clearenv();
	setenv("HOME", "/root", 1);
	setenv("PATH", "/usr/sbin:/usr/bin:/sbin:/bin", 1);
	execl("/bin/bash", "bash", SHARE "/command", NULL);
	_exit(127);
}

/* Runs the command, and waits for it and for all orphans; its exit status. */
static int wait_for_command(void)
{
	pid_t command = fork(), ended;
	int status = 0;

	if (command < 0)
		give_up("cannot fork");
	if (!command)
		run_command();
	do {
		ended = wait(&status);
	} while (ended != command && (ended > 0 || errno == EINTR));
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void tell_status(int status)
{
	FILE *file = fopen(SHARE "/status", "we");

	if (!file || fprintf(file, "%d\n", status) < 0 || fclose(file))
		give_up("cannot tell the status");
}

int main(void)
{
	mount_at("devtmpfs", "devtmpfs", "/dev", 0, NULL);
	mount_at("proc", "proc", "/proc", 0, NULL);
	(void)!symlink("/proc/self/fd", "/dev/fd");
	mount_at("sysfs", "sysfs", "/sys", 0, NULL);
	load_modules();
	enter_root();
	mount_modules();
	mount_at("tmpfs", "tmpfs", "/run", 0, "mode=755");
	mount_at("tmpfs", "tmpfs", "/dev/shm", 0, NULL);
	mount_at("bpf", "bpf", "/sys/fs/bpf", 0, NULL);
	mount_at("tracefs", "tracefs", "/sys/kernel/tracing", 0, NULL);
	mount_at("cgroup2", "cgroup2", "/sys/fs/cgroup", 0, NULL);
	mount_at("9p", "share", SHARE, 0, NINEP);
	(void)!sethostname("guest", strlen("guest"));
	tell_status(wait_for_command());
	sync();
	reboot(RB_AUTOBOOT);
	return 1;
}
