// Two threads that take two mutexes in different orders: under some seeds each has what the other wants.
#include "pthread.h"

static pthread_mutex_t a, b;
static volatile int work;

static void *backwards(void *argument) {
  for (int i = 0; i < 3; i++) {
    pthread_mutex_lock(&b);
    for (int k = 0; k < 900; k++) work++;
    pthread_mutex_lock(&a);
    pthread_mutex_unlock(&a);
    pthread_mutex_unlock(&b);
  }
  return argument;
}

int main(void) {
  pthread_t thread;
  pthread_mutex_init(&a, 0);
  pthread_mutex_init(&b, 0);
  pthread_create(&thread, 0, backwards, 0);
  for (int i = 0; i < 3; i++) {
    pthread_mutex_lock(&a);
    for (int k = 0; k < 900; k++) work++;
    pthread_mutex_lock(&b);
    pthread_mutex_unlock(&b);
    pthread_mutex_unlock(&a);
  }
  pthread_join(thread, 0);
  printf("no deadlock this time\n");
  return 0;
}
