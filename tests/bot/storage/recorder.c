/* Preloaded into a process: writes down, in order, everything it asks the disk to do under POWER_ROOT. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define REAL(name, type) static __typeof__(type) real; if (!real) real = (__typeof__(type))dlsym(RTLD_NEXT, name)

static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;
static int log_fd = -1;
static const char *root;

__attribute__((constructor)) static void start(void) {
    root = getenv("POWER_ROOT");
    const char *path = getenv("POWER_LOG");
    REAL("open", int (*)(const char *, int, ...));
    if (root && path) log_fd = real(path, O_WRONLY | O_CREAT | O_APPEND, 0600);
}

static int inside(const char *path) { return log_fd >= 0 && root && strncmp(path, root, strlen(root)) == 0; }

static int path_of(int fd, char *path) {
    char link[64];
    if (log_fd < 0) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, path, 4095);
    if (n <= 0) return 0;
    path[n] = 0;
    return inside(path);
}

static void put(const void *data, size_t size) {
    REAL("write", ssize_t (*)(int, const void *, size_t));
    if (size && real(log_fd, data, size) != (ssize_t)size) abort();
}

static void note(char op, const char *path, uint64_t offset, const void *data, uint32_t size) {
    int kept = errno;
    uint32_t length = strlen(path);
    unsigned char head[17];
    head[0] = op;
    memcpy(head + 1, &offset, 8);
    memcpy(head + 9, &length, 4);
    memcpy(head + 13, &size, 4);
    pthread_mutex_lock(&turn);
    put(head, 17);
    put(path, length);
    put(data, size);
    pthread_mutex_unlock(&turn);
    errno = kept;
}

#define PWRITE(name, offset_type)                                                      \
    ssize_t name(int fd, const void *data, size_t size, offset_type offset) {           \
        REAL(#name, ssize_t (*)(int, const void *, size_t, offset_type));               \
        char path[4096];                                                                \
        ssize_t n = real(fd, data, size, offset);                                       \
        if (n > 0 && path_of(fd, path)) note('w', path, offset, data, n);               \
        return n;                                                                       \
    }
PWRITE(pwrite, off_t)
PWRITE(pwrite64, off64_t)

ssize_t write(int fd, const void *data, size_t size) {
    REAL("write", ssize_t (*)(int, const void *, size_t));
    char path[4096];
    int ours = path_of(fd, path);
    ssize_t n = real(fd, data, size);
    if (n > 0 && ours) note('w', path, lseek(fd, 0, SEEK_CUR) - n, data, n);
    return n;
}

#define SYNC(name)                                             \
    int name(int fd) {                                          \
        REAL(#name, int (*)(int));                              \
        char path[4096];                                        \
        int n = real(fd);                                       \
        if (n == 0 && path_of(fd, path)) note('s', path, 0, 0, 0); \
        return n;                                               \
    }
SYNC(fsync)
SYNC(fdatasync)

#define TRUNCATE(name, type)                                        \
    int name(int fd, type size) {                                    \
        REAL(#name, int (*)(int, type));                             \
        char path[4096];                                             \
        int n = real(fd, size);                                      \
        if (n == 0 && path_of(fd, path)) note('t', path, size, 0, 0); \
        return n;                                                    \
    }
TRUNCATE(ftruncate, off_t)
TRUNCATE(ftruncate64, off64_t)

int rename(const char *old, const char *new) {
    REAL("rename", int (*)(const char *, const char *));
    int n = real(old, new);
    if (n == 0 && inside(old)) note('r', old, 0, new, strlen(new));
    return n;
}

int unlink(const char *path) {
    REAL("unlink", int (*)(const char *));
    int n = real(path);
    if (n == 0 && inside(path)) note('u', path, 0, 0, 0);
    return n;
}

#define OPEN(name)                                                          \
    int name(const char *path, int flags, ...) {                             \
        REAL(#name, int (*)(const char *, int, ...));                        \
        va_list rest; va_start(rest, flags);                                 \
        mode_t mode = (flags & O_CREAT) ? va_arg(rest, mode_t) : 0;          \
        va_end(rest);                                                        \
        int fresh = (flags & O_CREAT) && inside(path) && access(path, F_OK); \
        int fd = real(path, flags, mode);                                    \
        if (fd >= 0 && fresh) note('c', path, 0, 0, 0);                      \
        return fd;                                                           \
    }
OPEN(open)
OPEN(open64)
