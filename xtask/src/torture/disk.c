/* A disk that can be told to fail, and that remembers what was made durable. Loaded in front of the C library of a
 * program under test (LD_PRELOAD); only files whose names end in .sqlite or -wal are touched.
 *
 * DISK_ORDERS names a file of one byte: 'f' the disk is full, 's' nothing can be made durable, anything else: it works.
 * DISK_JOURNAL names a file to which each write, each change of length and each sync is appended:
 *   kind (w, t, s), length of the name, offset, length of the data, each 8 bytes in this machine's order, name, data.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;
static int journal = -1;

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static int is_watched(int fd, char *name, size_t most) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, name, most - 1);
    if (length < 8) return 0;
    name[length] = 0;
    return !strcmp(name + length - 7, ".sqlite") || !strcmp(name + length - 4, "-wal");
}

static char order(void) {
    char byte = 0;
    const char *orders = getenv("DISK_ORDERS");
    int fd = orders ? open(orders, O_RDONLY | O_CLOEXEC) : -1;
    if (fd < 0) return 0;
    if (read(fd, &byte, 1) != 1) byte = 0;
    close(fd);
    return byte;
}

static void append(const void *bytes, size_t length) {
    while (length > 0) {
        ssize_t written = REAL(write)(journal, bytes, length);
        if (written <= 0) abort();
        bytes = (const char *)bytes + written;
        length -= (size_t)written;
    }
}

static void note(char kind, const char *name, uint64_t offset, const void *data, uint64_t length) {
    const char *file = getenv("DISK_JOURNAL");
    if (!file) return;
    if (journal < 0) journal = open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    uint64_t head[4] = {(uint64_t)kind, strlen(name), offset, data ? length : 0};
    append(head, sizeof head);
    append(name, strlen(name));
    if (data) append(data, length);
}

static ssize_t put(int fd, const void *data, size_t length, off_t offset, int is_placed) {
    char name[4096];
    if (!is_watched(fd, name, sizeof name))
        return is_placed ? REAL(pwrite64)(fd, data, length, offset) : REAL(write)(fd, data, length);
    if (order() == 'f') {
        errno = ENOSPC;
        return -1;
    }
    pthread_mutex_lock(&one_at_a_time);
    off_t place = is_placed ? offset : lseek(fd, 0, SEEK_CUR);
    ssize_t written = is_placed ? REAL(pwrite64)(fd, data, length, offset) : REAL(write)(fd, data, length);
    if (written > 0) note('w', name, (uint64_t)place, data, (uint64_t)written);
    pthread_mutex_unlock(&one_at_a_time);
    return written;
}

static int settle(int fd, int (*real)(int)) {
    char name[4096];
    if (!is_watched(fd, name, sizeof name)) return real(fd);
    if (order() == 's') {
        errno = EIO;
        return -1;
    }
    pthread_mutex_lock(&one_at_a_time);
    int result = real(fd);
    if (result == 0) note('s', name, 0, NULL, 0);
    pthread_mutex_unlock(&one_at_a_time);
    return result;
}

static int shorten(int fd, off_t length) {
    char name[4096];
    int is_known = is_watched(fd, name, sizeof name);
    pthread_mutex_lock(&one_at_a_time);
    int result = REAL(ftruncate64)(fd, length);
    if (result == 0 && is_known) note('t', name, (uint64_t)length, NULL, 0);
    pthread_mutex_unlock(&one_at_a_time);
    return result;
}

ssize_t write(int fd, const void *data, size_t length) { return put(fd, data, length, 0, 0); }
ssize_t pwrite(int fd, const void *data, size_t length, off_t offset) { return put(fd, data, length, offset, 1); }
ssize_t pwrite64(int fd, const void *data, size_t length, off_t offset) { return put(fd, data, length, offset, 1); }
int fsync(int fd) { return settle(fd, REAL(fsync)); }
int fdatasync(int fd) { return settle(fd, REAL(fdatasync)); }
int ftruncate(int fd, off_t length) { return shorten(fd, length); }
int ftruncate64(int fd, off_t length) { return shorten(fd, length); }
