/* A wall clock set by hand, for named: cc -O2 -shared -fPIC -o clock_shift.so clock_shift.c -ldl
 *
 * LD_PRELOAD=clock_shift.so CLOCK_SHIFT_FILE=FILE program
 *
 * FILE holds eight octets: the second that it is, and below it the millisecond of the monotonic clock at which it was
 * set, each 32 bits of one little-endian number, so that both change at once. From there on time runs ever slower and
 * never leaves the second: what a program does at a moment, it does at that very moment, however long it takes, and yet
 * the few milliseconds that named waits here and there do pass. The monotonic clock is left alone.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define SECOND 1000000000L
#define POLL (5 * SECOND / 1000)

typedef int timed_wait(pthread_cond_t *, pthread_mutex_t *, const struct timespec *);

static const uint64_t *hand_set; /* NULL: the clock is the system's */
static timed_wait *system_wait;

static int
system_clock(clockid_t clock, struct timespec *ts) {
	return (int)syscall(SYS_clock_gettime, clock, ts);
}

static void *
found(const char *name) {
#if defined(__x86_64__)
	void *function = dlvsym(RTLD_NEXT, name, "GLIBC_2.3.2"); /* dlsym may find the one before it */
	return function != NULL ? function : dlsym(RTLD_NEXT, name);
#else
	return dlsym(RTLD_NEXT, name);
#endif
}

static void __attribute__((constructor))
take_over(void) {
	void *function = found("pthread_cond_timedwait");
	memcpy(&system_wait, &function, sizeof(function)); /* a cast between the two is no ISO C */
	const char *path = getenv("CLOCK_SHIFT_FILE");
	int file = path != NULL ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	if (file < 0) {
		return;
	}
	void *map = mmap(NULL, sizeof(uint64_t), PROT_READ, MAP_SHARED, file, 0);
	close(file);
	if (map != MAP_FAILED) {
		hand_set = map;
		prctl(PR_SET_PDEATHSIG, SIGKILL); /* a test that is killed leaves no named behind */
	}
}

static void
set_by_hand(struct timespec *ts) {
	uint64_t set = __atomic_load_n(hand_set, __ATOMIC_SEQ_CST);
	struct timespec now;
	system_clock(CLOCK_MONOTONIC, &now);
	uint32_t milliseconds = (uint32_t)(now.tv_sec * 1000 + now.tv_nsec / 1000000);
	int64_t since = (int32_t)(milliseconds - (uint32_t)set);
	if (since < 0) {
		since = 0;
	}
	ts->tv_sec = (time_t)(set >> 32);
	ts->tv_nsec = (long)(since * SECOND / (since + 1000));
}

int
clock_gettime(clockid_t clock, struct timespec *ts) {
	if (hand_set != NULL && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) {
		set_by_hand(ts);
		return 0;
	}
	return system_clock(clock, ts);
}

int
gettimeofday(struct timeval *restrict tv, void *restrict zone) {
	struct timespec ts;
	(void)zone;
	clock_gettime(CLOCK_REALTIME, &ts);
	tv->tv_sec = ts.tv_sec;
	tv->tv_usec = ts.tv_nsec / 1000;
	return 0;
}

time_t
time(time_t *seconds) {
	struct timespec ts;
	clock_gettime(CLOCK_REALTIME, &ts);
	if (seconds != NULL) {
		*seconds = ts.tv_sec;
	}
	return ts.tv_sec;
}

/* Wait for a short while only, since the system does not know when the clock is set, and call that a wakeup for no
 * reason, so that the caller looks again at what it waits for: a signal may have come just as the wait ended. */
int
pthread_cond_timedwait(pthread_cond_t *restrict condition, pthread_mutex_t *restrict mutex,
		       const struct timespec *restrict until) {
	if (hand_set == NULL) {
		return system_wait(condition, mutex, until);
	}
	struct timespec now, piece;
	clock_gettime(CLOCK_REALTIME, &now);
	if (now.tv_sec > until->tv_sec || (now.tv_sec == until->tv_sec && now.tv_nsec >= until->tv_nsec)) {
		return ETIMEDOUT;
	}
	system_clock(CLOCK_REALTIME, &piece);
	piece.tv_nsec += POLL;
	piece.tv_sec += piece.tv_nsec / SECOND;
	piece.tv_nsec %= SECOND;
	int result = system_wait(condition, mutex, &piece);
	return result == ETIMEDOUT ? 0 : result;
}
