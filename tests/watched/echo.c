/* An echo server, or with an argument its client. */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(12000)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    char buffer[64];
    ssize_t length;
    if (argc > 1) {
        if (connect(fd, (struct sockaddr *)&address, sizeof address) == -1)
            return perror("connect"), 1;
        write(fd, argv[1], strlen(argv[1]));
        shutdown(fd, SHUT_WR);
        while ((length = read(fd, buffer, sizeof buffer)) > 0)
            printf("%.*s\n", (int)length, buffer);
        return close(fd);
    }
    if (bind(fd, (struct sockaddr *)&address, sizeof address) == -1 || listen(fd, 5) == -1)
        return perror("bind"), 1;
    int peer = accept(fd, NULL, NULL);
    while ((length = recv(peer, buffer, sizeof buffer, 0)) > 0)
        send(peer, buffer, length, MSG_NOSIGNAL);
    close(peer);
    return close(fd);
}
