/* Every write below one folder: written down, counted, and answered with an error where asked.

   Loaded before the C library (LD_PRELOAD). `trust_folder` says which folder, `trust_log` where
   each change of its files is written down, `trust_fail` which write fails, with which error, and
   how many after it do too. A write that fails may first be done in part, as on a disk that fills.
   The log holds, for each change: kind, length of the path, offset, length of the data (each of
   eight bytes), path, data. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

enum { CREATE = 1, WRITE, TRUNCATE, RENAME, UNLINK, SYNC };

static char folder[PATH_MAX];
static int logged = -1;
static long count, fail_first = -1, fail_last = -1;
static int fail_errno, fail_part;

#define REAL(name, type, ...) \
    static type (*real)(__VA_ARGS__); \
    if (!real) real = (type (*)(__VA_ARGS__))dlsym(RTLD_NEXT, #name)

void trust_folder(const char *path) { snprintf(folder, sizeof folder, "%s", path); }

/* A path outside of the folder; NULL ends the log. */
void trust_log(const char *path)
{
    if (logged >= 0) close(logged);
    logged = path ? open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666) : -1;
}

/* From the write `first` on, counted from now and from 0, `howmany` fail; `part` bytes are done. */
void trust_fail(long first, long howmany, int error, int part)
{
    count = 0;
    fail_first = first;
    fail_last = first + howmany;
    fail_errno = error;
    fail_part = part;
}

long trust_count(void) { return count; }

static int ours(const char *path)
{
    size_t n = strlen(folder);
    return n && !strncmp(path, folder, n) && path[n] == '/';
}

static int path_of(int file, char *path)
{
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t n = readlink(link, path, PATH_MAX - 1);
    path[n < 0 ? 0 : n] = 0;
    return n > 0 && ours(path);
}

static void all(const void *data, size_t size)
{
    REAL(write, ssize_t, int, const void *, size_t);
    const char *left = data;
    while (size) {
        ssize_t n = real(logged, left, size);
        if (n <= 0) abort();
        left += n;
        size -= n;
    }
}

static void note(int kind, const char *path, uint64_t offset, const void *data, uint64_t size)
{
    if (logged < 0) return;
    int before = errno;
    uint64_t words[4] = {kind, strlen(path), offset, size};
    all(words, sizeof words);
    all(path, words[1]);
    all(data, size);
    errno = before;
}

/* Whether the next change fails; `size` is what a write may still do of it. */
static int fails(size_t *size)
{
    long now = count++;
    if (now < fail_first || now >= fail_last) return 0;
    if (now == fail_first && fail_part > 0 && size && *size > (size_t)fail_part) {
        *size = fail_part; /* short: the error comes with the next one */
        fail_first++, fail_last++;
        return 0;
    }
    errno = fail_errno;
    return 1;
}

#define WRITES(name, offset_type) \
    ssize_t name(int file, const void *data, size_t size, offset_type offset) \
    { \
        REAL(name, ssize_t, int, const void *, size_t, offset_type); \
        char path[PATH_MAX]; \
        if (!path_of(file, path)) return real(file, data, size, offset); \
        if (fails(&size)) return -1; \
        ssize_t n = real(file, data, size, offset); \
        if (n > 0) note(WRITE, path, offset, data, n); \
        return n; \
    }
WRITES(pwrite, off_t)
WRITES(pwrite64, off64_t)

ssize_t write(int file, const void *data, size_t size)
{
    REAL(write, ssize_t, int, const void *, size_t);
    char path[PATH_MAX];
    if (!path_of(file, path)) return real(file, data, size);
    if (fails(&size)) return -1;
    off_t offset = lseek(file, 0, SEEK_CUR);
    ssize_t n = real(file, data, size);
    if (n > 0) note(WRITE, path, offset, data, n);
    return n;
}

#define TRUNCATES(name, offset_type) \
    int name(int file, offset_type size) \
    { \
        REAL(name, int, int, offset_type); \
        char path[PATH_MAX]; \
        if (!path_of(file, path)) return real(file, size); \
        if (fails(NULL)) return -1; \
        int done = real(file, size); \
        if (!done) note(TRUNCATE, path, size, NULL, 0); \
        return done; \
    }
TRUNCATES(ftruncate, off_t)
TRUNCATES(ftruncate64, off64_t)

#define SYNCS(name) \
    int name(int file) \
    { \
        REAL(name, int, int); \
        char path[PATH_MAX]; \
        if (!path_of(file, path)) return real(file); \
        if (fails(NULL)) return -1; \
        note(SYNC, path, 0, NULL, 0); \
        return 0; /* nothing of a campaign has to outlive this machine */ \
    }
SYNCS(fsync)
SYNCS(fdatasync)

#define OPENS(name) \
    int name(const char *path, int flags, ...) \
    { \
        REAL(name, int, const char *, int, ...); \
        mode_t mode = 0; \
        if (flags & O_CREAT) { \
            va_list more; \
            va_start(more, flags); \
            mode = va_arg(more, mode_t); \
            va_end(more); \
        } \
        if (!ours(path) || !(flags & (O_CREAT | O_TRUNC))) return real(path, flags, mode); \
        int fresh = access(path, F_OK); \
        if (fresh && fails(NULL)) return -1; \
        int file = real(path, flags, mode); \
        if (file >= 0 && (fresh || flags & O_TRUNC)) note(CREATE, path, 0, NULL, 0); \
        return file; \
    }
OPENS(open)
OPENS(open64)

int rename(const char *old, const char *new)
{
    REAL(rename, int, const char *, const char *);
    if (!ours(old)) return real(old, new);
    if (fails(NULL)) return -1;
    int done = real(old, new);
    if (!done) note(RENAME, old, 0, new, strlen(new));
    return done;
}

int unlink(const char *path)
{
    REAL(unlink, int, const char *);
    int done = real(path);
    if (!done && ours(path)) note(UNLINK, path, 0, NULL, 0);
    return done;
}

/* Ways round a write: whoever finds them closed reads and writes. */
ssize_t sendfile(int to, int from, off_t *at, size_t size) { return errno = ENOTSOCK, -1; }
ssize_t sendfile64(int to, int from, off64_t *at, size_t size) { return errno = ENOTSOCK, -1; }
ssize_t copy_file_range(int a, off64_t *i, int b, off64_t *j, size_t n, unsigned f)
{
    return errno = EXDEV, -1;
}
