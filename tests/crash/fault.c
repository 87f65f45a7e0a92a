/* Lets the N-th call of one kind fail below a folder: fault_arm(kind, n, errno, folder); fault_fired(). */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static char armed_kind[16], armed_folder[4096];
static int left = 0, fault_errno = 0, fired = 0;

void fault_arm(const char *kind, int n, int number, const char *folder) {
    strncpy(armed_kind, kind, sizeof armed_kind - 1);
    strncpy(armed_folder, folder, sizeof armed_folder - 1);
    fault_errno = number;
    fired = 0;
    __atomic_store_n(&left, n, __ATOMIC_SEQ_CST);
}

int fault_fired(void) { return fired; }

static int fails(const char *kind, const char *path) {
    if (strcmp(kind, armed_kind) || strncmp(path, armed_folder, strlen(armed_folder))) return 0;
    if (__atomic_load_n(&left, __ATOMIC_SEQ_CST) <= 0) return 0;
    if (__atomic_sub_fetch(&left, 1, __ATOMIC_SEQ_CST) != 0) return 0;
    fired = 1;
    errno = fault_errno;
    return 1;
}

static int fails_at(const char *kind, int fd) {
    char link[64], path[4096];
    if (!armed_kind[0] || strcmp(kind, armed_kind)) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t size = readlink(link, path, sizeof path - 1);
    if (size < 0) return 0;
    path[size] = 0;
    return fails(kind, path);
}

#define REAL(name, type) ((type)dlsym(RTLD_NEXT, name))

ssize_t write(int fd, const void *data, size_t size) {
    if (fails_at("write", fd)) return -1;
    return REAL("write", ssize_t(*)(int, const void *, size_t))(fd, data, size);
}

ssize_t pwrite64(int fd, const void *data, size_t size, off64_t at) {
    if (fails_at("write", fd)) return -1;
    return REAL("pwrite64", ssize_t(*)(int, const void *, size_t, off64_t))(fd, data, size, at);
}

int fsync(int fd) {
    if (fails_at("fsync", fd)) return -1;
    return REAL("fsync", int (*)(int))(fd);
}

int fdatasync(int fd) {
    if (fails_at("fsync", fd)) return -1;
    return REAL("fdatasync", int (*)(int))(fd);
}

int ftruncate64(int fd, off64_t size) {
    if (fails_at("write", fd)) return -1;
    return REAL("ftruncate64", int (*)(int, off64_t))(fd, size);
}

int rename(const char *from, const char *to) {
    if (fails("rename", to)) return -1;
    return REAL("rename", int (*)(const char *, const char *))(from, to);
}
