/* Waits for as long as it is told, in every way that C knows; then says how long that was. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

static sem_t rang;

static double now(clockid_t clock) {
    struct timespec time;
    clock_gettime(clock, &time);
    return time.tv_sec + time.tv_nsec / 1e9;
}

static struct timespec in(clockid_t clock, time_t seconds) {
    struct timespec time;
    clock_gettime(clock, &time);
    time.tv_sec += seconds;
    return time;
}

static void on(int signal) { (void)signal; }

static void rings(union sigval value) {
    (void)value;
    sem_post(&rang);
}

int main(int count, char **words) {
    if (count < 3) return 2;
    const char *kind = words[1];
    time_t seconds = atol(words[2]);
    signal(SIGALRM, on);
    sem_init(&rang, 0, 0);
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_port = htons(12000)};
    here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int s = socket(AF_INET, SOCK_STREAM, 0);
    connect(s, (void *)&here, sizeof here);
    double begun = now(CLOCK_MONOTONIC), begun_wall = now(CLOCK_REALTIME);
    struct itimerspec once = {.it_value = {seconds, 0}};
    struct timespec until;
    char buffer[8];
    if (!strcmp(kind, "alarm")) alarm(seconds), pause();
    if (!strcmp(kind, "alarm-recv")) {
        struct sigaction action = {.sa_handler = on};
        sigaction(SIGALRM, &action, 0);
        alarm(seconds);
        printf("recv: %zd\n", recv(s, buffer, 8, 0));
    }
    if (!strcmp(kind, "setitimer")) setitimer(ITIMER_REAL, &(struct itimerval){.it_value = {seconds, 0}}, 0), pause();
    if (!strcmp(kind, "timer-signal")) {
        timer_t timer;
        struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGALRM};
        timer_create(CLOCK_MONOTONIC, &event, &timer), timer_settime(timer, 0, &once, 0), pause();
    }
    if (!strcmp(kind, "timer-thread")) {
        timer_t timer;
        struct sigevent event = {.sigev_notify = SIGEV_THREAD, .sigev_notify_function = rings};
        timer_create(CLOCK_MONOTONIC, &event, &timer), timer_settime(timer, 0, &once, 0), sem_wait(&rang);
    }
    if (!strcmp(kind, "timerfd")) {
        int timer = timerfd_create(CLOCK_MONOTONIC, 0);
        timerfd_settime(timer, 0, &once, 0), read(timer, buffer, 8);
    }
    if (!strcmp(kind, "timerfd-absolute")) {
        int timer = timerfd_create(CLOCK_REALTIME, 0);
        once.it_value = in(CLOCK_REALTIME, seconds);
        timerfd_settime(timer, TFD_TIMER_ABSTIME, &once, 0), read(timer, buffer, 8);
    }
    if (!strcmp(kind, "cond")) {
        pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
        pthread_cond_t never = PTHREAD_COND_INITIALIZER;
        until = in(CLOCK_REALTIME, seconds);
        pthread_mutex_lock(&lock), pthread_cond_timedwait(&never, &lock, &until), pthread_mutex_unlock(&lock);
    }
    if (!strcmp(kind, "sem")) until = in(CLOCK_REALTIME, seconds), sem_timedwait(&rang, &until);
    if (!strcmp(kind, "nanosleep")) nanosleep(&(struct timespec){seconds, 0}, 0);
    if (!strcmp(kind, "absolute")) until = in(CLOCK_MONOTONIC, seconds), clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, 0);
    if (!strcmp(kind, "rcvtimeo")) {
        setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &(struct timeval){seconds, 0}, sizeof(struct timeval));
        printf("recv: %zd\n", recv(s, buffer, 8, 0));
    }
    if (!strcmp(kind, "ppoll")) ppoll(&(struct pollfd){s, POLLIN, 0}, 1, &(struct timespec){seconds, 0}, 0);
    printf("%.1f\n%.1f\n", now(CLOCK_MONOTONIC) - begun, now(CLOCK_REALTIME) - begun_wall);
    return 0;
}
