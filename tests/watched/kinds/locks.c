/* A mutex that a thread takes twice; or, recursive, may. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static pthread_mutex_t plain = PTHREAD_MUTEX_INITIALIZER, again = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;
static pthread_mutex_t *lock = &plain;
static int peer;

static void tell(const char *text) {
    pthread_mutex_lock(lock);
    write(peer, text, strlen(text));
    pthread_mutex_unlock(lock);
}

static void *serve(void *nothing) {
    char buffer[64];
    while (read(peer, buffer, 64) > 0) {
        pthread_mutex_lock(lock);
        tell("HI");
        pthread_mutex_unlock(lock);
    }
    return nothing;
}

int main(int count, char **words) {
    if (count > 1 && strcmp(words[1], "recursive") == 0)
        lock = &again;
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_port = htons(12000)};
    here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int one = 1, s = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    bind(s, (void *)&here, sizeof here);
    listen(s, 5);
    peer = accept(s, 0, 0);
    pthread_t thread;
    pthread_create(&thread, 0, serve, 0);
    pthread_join(thread, 0);
    return 0;
}
