/*
 * A cable that can be pulled: preloaded into the camera process, it stands between libgphoto2's camera driver and its
 * port driver. The first word of the file named by USB_FAULT says what happens:
 *
 *   gone     every transfer fails, and so does opening the port; the session stays broken after that, as a real one
 *            does, until the port is opened anew
 *   claimed  opening the port fails as when another program holds the camera (-53)
 *   hang     every transfer waits until the word changes
 *   (none)   nothing
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* libgphoto2's codes, from gphoto2-port-result.h. */
enum { FIND = -52, CLAIM = -53, WRITE = -34, READ = -35 };

typedef struct Port Port;

static int broken;

static int says(const char *word)
{
    char found[16] = "";
    const char *path = getenv("USB_FAULT");
    FILE *file = path ? fopen(path, "r") : NULL;

    if (!file)
        return 0;
    if (fscanf(file, "%15s", found) != 1)
        found[0] = 0;
    fclose(file);
    return !strcmp(found, word);
}

static int transfer_fails(void)
{
    while (says("hang"))
        usleep(2000);
    if (says("gone"))
        broken = 1;
    return broken;
}

int gp_port_open(Port *port)
{
    int (*real)(Port *) = dlsym(RTLD_NEXT, "gp_port_open");

    if (says("gone"))
        return FIND;
    if (says("claimed"))
        return CLAIM;
    broken = 0;
    return real(port);
}

int gp_port_read(Port *port, char *data, int size)
{
    int (*real)(Port *, char *, int) = dlsym(RTLD_NEXT, "gp_port_read");

    return transfer_fails() ? READ : real(port, data, size);
}

int gp_port_write(Port *port, const char *data, int size)
{
    int (*real)(Port *, const char *, int) = dlsym(RTLD_NEXT, "gp_port_write");

    return transfer_fails() ? WRITE : real(port, data, size);
}

int gp_port_check_int(Port *port, char *data, int size)
{
    int (*real)(Port *, char *, int) = dlsym(RTLD_NEXT, "gp_port_check_int");

    return transfer_fails() ? READ : real(port, data, size);
}
