/* A station without its fsyncs, for the proof that rig-powercut would notice. Preloaded in the guest; nothing of it is in the product. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stddef.h>
#include <sys/types.h>

int fsync(int fd) { (void)fd; return 0; }
int fdatasync(int fd) { (void)fd; return 0; }
int syncfs(int fd) { (void)fd; return 0; }
void sync(void) {}
int msync(void *at, size_t length, int flags) { (void)at; (void)length; (void)flags; return 0; }
int sync_file_range(int fd, off64_t at, off64_t length, unsigned int flags)
{
	(void)fd; (void)at; (void)length; (void)flags;
	return 0;
}
