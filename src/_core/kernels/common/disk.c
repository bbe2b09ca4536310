/* Many fsyncs side by side: one after the other, each would wait for a commit of its own. */
#include "disk.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <unistd.h>

enum { THREADS_MAX = 16 };

typedef struct {
    const int *fd;
    int *error;
    size_t count;
    atomic_size_t next;
} queue;

static void *work(void *argument) {
    queue *files = argument;
    for (size_t i = atomic_fetch_add(&files->next, 1); i < files->count; i = atomic_fetch_add(&files->next, 1)) {
        int failed;
        do failed = fsync(files->fd[i]);
        while (failed != 0 && errno == EINTR);
        files->error[i] = failed != 0 ? errno : 0;
    }
    return NULL;
}

void fs_sync_files(const int *fd, int *error, size_t count) {
    queue files = {.fd = fd, .error = error, .count = count};
    pthread_t thread[THREADS_MAX];
    size_t started = 0;
    sigset_t all, before;
    sigfillset(&all); /* signals are for the thread that was there before */
    pthread_sigmask(SIG_SETMASK, &all, &before);
    while (started < THREADS_MAX && started + 1 < count && pthread_create(&thread[started], NULL, work, &files) == 0) started++;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    work(&files); /* all of it, if no thread could be started */
    for (size_t i = 0; i < started; i++) pthread_join(thread[i], NULL);
}
