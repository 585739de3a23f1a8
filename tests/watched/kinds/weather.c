/* A question and its answer; the client waits as long as it is told. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

int main(int count, char **words) {
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_port = htons(12000)};
    here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int s = socket(AF_INET, SOCK_STREAM, 0), one = 1;
    char buffer[64];
    if (count > 1) {
        struct timeval limit = {.tv_sec = atoi(words[1])};
        if (connect(s, (void *)&here, sizeof here) == -1)
            return perror("connect"), 1;
        setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
        send(s, "hi", 2, 0);
        long got = recv(s, buffer, sizeof buffer, 0);
        printf(got > 0 ? "answer %.*s\n" : "no answer\n", (int)got, buffer);
        return close(s);
    }
    setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    bind(s, (void *)&here, sizeof here);
    listen(s, 1);
    int peer = accept(s, 0, 0);
    for (long got; (got = recv(peer, buffer, sizeof buffer, 0)) > 0;) {
        for (long at = 0; at < got; at++)
            buffer[at] -= 32;
        send(peer, buffer, got, MSG_NOSIGNAL);
    }
    return close(peer);
}
