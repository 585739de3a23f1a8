/* Calls that a signal meets while they wait: with SA_RESTART they go on, without it they return EINTR. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static struct sockaddr_in here = {.sin_family = AF_INET};

static void on(int signal) { (void)signal; }

static void told(const char *what, long result) {
    printf("%s: %ld %s\n", what, result, result < 0 ? strerrorname_np(errno) : "ok");
    fflush(stdout);
}

static int named(const char *wanted, const char *name) { return strcmp(wanted, name) == 0; }

/* signals CALL [restart|ignored]: a child ends after a second, and this one waits in CALL. */
int main(int count, char **words) {
    const char *call = words[1], *how = count > 2 ? words[2] : "";
    struct sigaction action = {.sa_handler = on};
    if (named(how, "restart"))
        action.sa_flags = SA_RESTART;
    if (!named(how, "ignored"))
        sigaction(SIGCHLD, &action, 0);
    here.sin_port = htons(12000);
    here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int one = 1, s = socket(AF_INET, SOCK_STREAM, 0), peer = -1;
    setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    bind(s, (void *)&here, sizeof here);
    listen(s, 5);
    if (!named(call, "accept"))
        peer = accept(s, 0, 0);
    if (fork() == 0) {
        close(s);
        close(peer);
        sleep(1);
        _exit(0);
    }
    char buffer[64];
    struct timespec five = {5, 0}, left = {0, 0};
    struct pollfd ready = {peer, POLLIN, 0};
    if (named(call, "accept")) {
        peer = accept(s, 0, 0);
        told(call, peer < 0 ? -1 : 0);
        if (peer < 0)
            peer = accept(s, 0, 0);
    }
    if (named(call, "recv")) told(call, recv(peer, buffer, 64, 0));
    if (named(call, "poll")) told(call, poll(&ready, 1, -1));
    if (named(call, "poll-limit")) told(call, poll(&ready, 1, 3000));
    if (named(call, "nanosleep")) {
        told(call, nanosleep(&five, &left));
        printf("left %ld\n", (long)left.tv_sec);
    }
    fflush(stdout);
    write(peer, "done", 4);
    shutdown(peer, SHUT_WR);
    while (read(peer, buffer, 64) > 0)
        ;
    wait(0);
    return 0;
}
