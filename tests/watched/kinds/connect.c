/* A connect(2) that does not wait: taken for a failure, or waited for as it should be. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int main(int count, char **words) {
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_port = htons(12000)};
    here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int s = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), error = 0;
    int failed = connect(s, (void *)&here, sizeof here);
    if (failed && count > 1 && strcmp(words[1], "wrong") == 0) {
        perror("connect");
        return 1;
    }
    struct pollfd ready = {s, POLLOUT, 0};
    poll(&ready, 1, 5000);
    socklen_t length = sizeof error;
    getsockopt(s, SOL_SOCKET, SO_ERROR, &error, &length);
    fcntl(s, F_SETFL, 0);
    char buffer[64];
    write(s, "hi", 2);
    printf("error %d, read %zd\n", error, read(s, buffer, 64));
    return 0;
}
