/* A disk that forgets what was not synced. Loaded before the C library, it keeps a second copy of
 * every file of one folder, and brings the copy up to date only when the file is synced. After a
 * kill the copy is what a power cut would have left. It is used by the crash harness alone.
 *
 * FORGET_DIR is the folder, FORGET_DURABLE the folder of the copies. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#define FILES 64
#define FDS 4096

struct op { struct op *next; off_t at; size_t len; int truncate; char bytes[]; };
struct file { char name[128]; struct op *first, **last; };

static struct file files[FILES];
static int file_of[FDS]; /* index into files, plus one */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void *real(const char *name) {
    void *found = dlsym(RTLD_NEXT, name);
    if (!found) abort();
    return found;
}

static const char *inside(const char *path) {
    const char *dir = getenv("FORGET_DIR");
    size_t len = dir ? strlen(dir) : 0;
    if (!len || strncmp(path, dir, len) != 0 || path[len] != '/') return NULL;
    const char *name = path + len + 1;
    /* The index of the log is rebuilt by whoever opens it, and the socket is no file. */
    if (strchr(name, '/') || strstr(name, "-shm") || strcmp(name, "socket") == 0) return NULL;
    return name;
}

static int slot(const char *name) {
    for (int n = 0; n < FILES; n++) {
        if (strcmp(files[n].name, name) == 0) return n;
        if (!files[n].name[0]) {
            snprintf(files[n].name, sizeof files[n].name, "%s", name);
            files[n].last = &files[n].first;
            return n;
        }
    }
    abort();
}

static void opened(const char *path, int fd, int flags) {
    const char *name = inside(path);
    if (fd < 0 || fd >= FDS) return;
    pthread_mutex_lock(&lock);
    file_of[fd] = name ? slot(name) + 1 : 0;
    pthread_mutex_unlock(&lock);
    (void)flags;
}

static void remember(int fd, off_t at, const void *bytes, size_t len, int truncate) {
    if (fd < 0 || fd >= FDS) return;
    pthread_mutex_lock(&lock);
    if (file_of[fd]) {
        struct file *file = &files[file_of[fd] - 1];
        struct op *op = malloc(sizeof *op + (truncate ? 0 : len));
        if (!op) abort();
        *op = (struct op){ NULL, at, len, truncate };
        if (!truncate) memcpy(op->bytes, bytes, len);
        *file->last = op;
        file->last = &op->next;
    }
    pthread_mutex_unlock(&lock);
}

static void synced(int fd) {
    if (fd < 0 || fd >= FDS) return;
    pthread_mutex_lock(&lock);
    if (file_of[fd]) {
        struct file *file = &files[file_of[fd] - 1];
        char path[4096];
        snprintf(path, sizeof path, "%s/%s", getenv("FORGET_DURABLE"), file->name);
        int (*real_open)(const char *, int, ...) = real("open64");
        ssize_t (*real_pwrite)(int, const void *, size_t, off_t) = real("pwrite64");
        int (*real_truncate)(int, off_t) = real("ftruncate64");
        int copy = real_open(path, O_RDWR | O_CREAT, 0600);
        if (copy < 0) abort();
        while (file->first) {
            struct op *op = file->first;
            if (op->truncate ? real_truncate(copy, op->at) != 0
                             : real_pwrite(copy, op->bytes, op->len, op->at) != (ssize_t)op->len) {
                abort();
            }
            file->first = op->next;
            free(op);
        }
        file->last = &file->first;
        close(copy);
    }
    pthread_mutex_unlock(&lock);
}

#define OPEN(name)                                                         \
    int name(const char *path, int flags, ...) {                           \
        int (*next)(const char *, int, ...) = real(#name);                 \
        va_list args;                                                      \
        va_start(args, flags);                                             \
        mode_t mode = va_arg(args, mode_t);                                \
        va_end(args);                                                      \
        int fd = next(path, flags, mode);                                  \
        opened(path, fd, flags);                                           \
        if (fd >= 0 && (flags & O_TRUNC)) remember(fd, 0, NULL, 0, 1);     \
        return fd;                                                         \
    }
OPEN(open)
OPEN(open64)

int openat64(int dir, const char *path, int flags, ...) {
    int (*next)(int, const char *, int, ...) = real("openat64");
    va_list args;
    va_start(args, flags);
    mode_t mode = va_arg(args, mode_t);
    va_end(args);
    int fd = next(dir, path, flags, mode);
    opened(path, fd, flags);
    return fd;
}

#define PWRITE(name)                                                       \
    ssize_t name(int fd, const void *bytes, size_t len, off_t at) {        \
        ssize_t (*next)(int, const void *, size_t, off_t) = real(#name);   \
        ssize_t done = next(fd, bytes, len, at);                           \
        if (done > 0) remember(fd, at, bytes, (size_t)done, 0);            \
        return done;                                                       \
    }
PWRITE(pwrite)
PWRITE(pwrite64)

ssize_t write(int fd, const void *bytes, size_t len) {
    ssize_t (*next)(int, const void *, size_t) = real("write");
    int ours = fd >= 0 && fd < FDS && file_of[fd];
    off_t at = ours ? lseek(fd, 0, SEEK_CUR) : 0;
    ssize_t done = next(fd, bytes, len);
    if (ours && done > 0) remember(fd, at, bytes, (size_t)done, 0);
    return done;
}

#define TRUNCATE(name)                                                     \
    int name(int fd, off_t len) {                                          \
        int (*next)(int, off_t) = real(#name);                             \
        int done = next(fd, len);                                          \
        if (done == 0) remember(fd, len, NULL, 0, 1);                      \
        return done;                                                       \
    }
TRUNCATE(ftruncate)
TRUNCATE(ftruncate64)

#define SYNC(name)                                                         \
    int name(int fd) {                                                     \
        int (*next)(int) = real(#name);                                    \
        int done = next(fd);                                               \
        if (done == 0) synced(fd);                                         \
        return done;                                                       \
    }
SYNC(fsync)
SYNC(fdatasync)

int unlink(const char *path) {
    int (*next)(const char *) = real("unlink");
    const char *name = inside(path);
    int done = next(path);
    if (done == 0 && name) {
        char copy[4096];
        snprintf(copy, sizeof copy, "%s/%s", getenv("FORGET_DURABLE"), name);
        next(copy);
    }
    return done;
}

int rename(const char *from, const char *to) {
    int (*next)(const char *, const char *) = real("rename");
    const char *a = inside(from), *b = inside(to);
    int done = next(from, to);
    if (done == 0 && a && b) {
        char x[4096], y[4096];
        snprintf(x, sizeof x, "%s/%s", getenv("FORGET_DURABLE"), a);
        snprintf(y, sizeof y, "%s/%s", getenv("FORGET_DURABLE"), b);
        next(x, y);
    }
    return done;
}

int close(int fd) {
    int (*next)(int) = real("close");
    if (fd >= 0 && fd < FDS && file_of[fd]) {
        pthread_mutex_lock(&lock);
        file_of[fd] = 0;
        pthread_mutex_unlock(&lock);
    }
    return next(fd);
}
