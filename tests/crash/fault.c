/* Lets one system call below a folder fail, or kills a process at it. Preloaded; orders come through a
 * file of shared memory that YAOTONG_FAULT_STATE names, so that all processes of a load count together. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

enum { WRITE = 1, SYNC = 2, RENAME = 4, MAKE = 8 };

/* As `Orders` in shim.py. `number` is an errno; 0 kills `victim` before the call, -1 in the midst of it. */
struct orders {
    int kinds, at, number, lasting, victim, calls, fired;
    char folder[1024];
};

static struct orders *orders;

__attribute__((constructor)) static void begin(void) {
    const char *name = getenv("YAOTONG_FAULT_STATE");
    int fd = name ? open(name, O_RDWR | O_CLOEXEC) : -1;
    if (fd < 0) return;
    void *at = mmap(0, sizeof *orders, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    if (at != MAP_FAILED) orders = at;
}

/* Whether this call is the one: 1 to fail, -1 to die in its midst; dying before it happens here. */
static int chosen(const char *path) {
    if (strncmp(path, orders->folder, strlen(orders->folder))) return 0;
    int call = __atomic_add_fetch(&orders->calls, 1, __ATOMIC_SEQ_CST);
    if (call != orders->at && !(orders->lasting && call > orders->at)) return 0;
    __atomic_add_fetch(&orders->fired, 1, __ATOMIC_SEQ_CST);
    if (orders->number < 0) return -1;
    if (orders->number == 0) {
        kill(orders->victim, SIGKILL);
        return 0; /* another process of the load goes on until it notices */
    }
    errno = orders->number;
    return 1;
}

static int wanted(int kind) { return orders && orders->at && (orders->kinds & kind); }

static int of_path(int kind, const char *path) { return wanted(kind) ? chosen(path) : 0; }

static int of_file(int kind, int fd) {
    char link[64], path[2048];
    if (!wanted(kind)) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t size = readlink(link, path, sizeof path - 1);
    if (size < 0) return 0;
    path[size] = 0;
    return chosen(path);
}

#define REAL(result, name, ...) static result (*real)(__VA_ARGS__); \
    if (!real) real = (result (*)(__VA_ARGS__))dlsym(RTLD_NEXT, name)
/* `half` is what may have been done when it dies in the midst. */
#define PASS(way, half, whole) int way_ = way; if (way_ > 0) return -1; \
    if (way_ < 0) { (void)!(half); kill(orders->victim, SIGKILL); } return whole

ssize_t write(int fd, const void *data, size_t size) {
    REAL(ssize_t, "write", int, const void *, size_t);
    PASS(of_file(WRITE, fd), real(fd, data, size / 2), real(fd, data, size));
}
ssize_t pwrite(int fd, const void *data, size_t size, off_t at) {
    REAL(ssize_t, "pwrite", int, const void *, size_t, off_t);
    PASS(of_file(WRITE, fd), real(fd, data, size / 2, at), real(fd, data, size, at));
}
ssize_t pwrite64(int fd, const void *data, size_t size, off64_t at) {
    REAL(ssize_t, "pwrite64", int, const void *, size_t, off64_t);
    PASS(of_file(WRITE, fd), real(fd, data, size / 2, at), real(fd, data, size, at));
}
int ftruncate(int fd, off_t size) {
    REAL(int, "ftruncate", int, off_t);
    PASS(of_file(WRITE, fd), 0, real(fd, size));
}
int ftruncate64(int fd, off64_t size) {
    REAL(int, "ftruncate64", int, off64_t);
    PASS(of_file(WRITE, fd), 0, real(fd, size));
}
int fsync(int fd) {
    REAL(int, "fsync", int);
    PASS(of_file(SYNC, fd), 0, real(fd));
}
int fdatasync(int fd) {
    REAL(int, "fdatasync", int);
    PASS(of_file(SYNC, fd), 0, real(fd));
}
int rename(const char *from, const char *to) {
    REAL(int, "rename", const char *, const char *);
    PASS(of_path(RENAME, to), 0, real(from, to));
}
int renameat(int here, const char *from, int there, const char *to) {
    REAL(int, "renameat", int, const char *, int, const char *);
    PASS(of_path(RENAME, to), 0, real(here, from, there, to));
}
int mkdir(const char *path, mode_t mode) {
    REAL(int, "mkdir", const char *, mode_t);
    PASS(of_path(MAKE, path), 0, real(path, mode));
}

#define MADE(path, call) \
    va_list rest; va_start(rest, flags); \
    mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0; va_end(rest); \
    PASS(flags & O_CREAT ? of_path(MAKE, path) : 0, 0, call)

int open(const char *path, int flags, ...) {
    REAL(int, "open", const char *, int, mode_t);
    MADE(path, real(path, flags, mode));
}
int open64(const char *path, int flags, ...) {
    REAL(int, "open64", const char *, int, mode_t);
    MADE(path, real(path, flags, mode));
}
int openat(int at, const char *path, int flags, ...) {
    REAL(int, "openat", int, const char *, int, mode_t);
    MADE(path, real(at, path, flags, mode));
}
int openat64(int at, const char *path, int flags, ...) {
    REAL(int, "openat64", int, const char *, int, mode_t);
    MADE(path, real(at, path, flags, mode));
}
