/* A disk whose fsync fails: for files and folders below photos/ while the file named by FSYNC_FAILS_WHILE exists.
 * Preloaded into the real daemon by tests/bad_input; nothing of it is in the product. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The switch holds "file" or "folder": what of photos/ cannot be made durable. */
static int fails(int fd)
{
	const char *path = getenv("FSYNC_FAILS_WHILE");
	char what[16] = "", link[64], name[4096];
	struct stat st;
	FILE *gate;
	ssize_t n;

	if (!path || !(gate = fopen(path, "re")))
		return 0;
	if (!fgets(what, sizeof what, gate))
		what[0] = 0;
	fclose(gate);
	snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	n = readlink(link, name, sizeof name - 1);
	if (n < 0 || fstat(fd, &st))
		return 0;
	name[n] = 0;
	return strstr(name, "/photos") && S_ISDIR(st.st_mode) == !strcmp(what, "folder");
}

static int real(const char *call, int fd)
{
	int (*next)(int) = (int (*)(int))dlsym(RTLD_NEXT, call);

	if (fails(fd)) {
		errno = EIO;
		return -1;
	}
	return next(fd);
}

int fsync(int fd)
{
	return real("fsync", fd);
}

int fdatasync(int fd)
{
	return real("fdatasync", fd);
}
