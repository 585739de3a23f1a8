/* Calls that the kernel answers at once, though the receive buffer is empty and the socket waits. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <linux/errqueue.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

static struct sockaddr_in here = {.sin_family = AF_INET};
static char buffer[64];
static struct iovec parts[2] = {{buffer, 8}, {buffer + 8, 8}};

static void told(const char *what, long result) {
    printf("%s: %ld %s\n", what, result, result < 0 ? strerrorname_np(errno) : "ok");
    fflush(stdout);
}

static int named(const char *wanted, const char *name) { return strcmp(wanted, name) == 0; }

int main(int count, char **words) {
    here.sin_port = htons(12000);
    here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const char *wanted = count > 1 ? words[1] : "serve";
    int one = 1, s = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (named(wanted, "unconnected")) {
        told("send", send(s, "x", 1, MSG_NOSIGNAL));
        told("recv", recv(s, buffer, 8, 0));
    }
    if (named(wanted, "serve") || named(wanted, "listener") || named(wanted, "deaf")) {
        bind(s, (void *)&here, sizeof here);
        if (named(wanted, "deaf"))
            told("accept", accept(s, 0, 0));
        listen(s, 1);
        if (named(wanted, "listener"))
            told("recv", recv(s, buffer, 8, 0));
        int peer = accept(s, 0, 0);
        told("read", read(peer, buffer, 64));
        return 0;
    }
    connect(s, (void *)&here, sizeof here);
    if (named(wanted, "zero")) told("read", read(s, buffer, 0));
    if (named(wanted, "recv-zero")) told("recv", recv(s, buffer, 0, 0));
    if (named(wanted, "oob")) told("recv", recv(s, buffer, 1, MSG_OOB));
    if (named(wanted, "errqueue")) told("recv", recv(s, buffer, 1, MSG_ERRQUEUE));
    if (named(wanted, "peek")) told("recv", recv(s, buffer, 8, MSG_PEEK | MSG_DONTWAIT));
    if (named(wanted, "no-iovec")) told("readv", readv(s, parts, 0));
    if (named(wanted, "many-iovecs")) told("readv", readv(s, parts, 2000));
    if (named(wanted, "minus-iovecs")) told("readv", readv(s, parts, -1));
    if (named(wanted, "recvmsg")) {
        struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2000};
        told("recvmsg", recvmsg(s, &message, 0));
    }
    if (named(wanted, "shut")) {
        shutdown(s, SHUT_RD);
        told("recv", recv(s, buffer, 8, 0));
    }
    if (named(wanted, "nowhere")) told("recv", recv(s, (void *)8, 8, 0));
    send(s, "x", 1, 0);
    return 0;
}
