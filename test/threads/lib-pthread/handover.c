// A thread fills in what main waits for: with a condition variable, then a semaphore, then by joining.
#include "pthread.h"

static pthread_mutex_t mutex;
static pthread_cond_t filled;
static sem_t done;

static void *fill(void *argument) {
  int *number = argument;
  pthread_mutex_lock(&mutex);
  printf("thread begins\n");
  for (int i = 0; i < 10; i++) {
    (*number)++;
    printf("number: %d\n", *number);
  }
  pthread_cond_signal(&filled);
  pthread_mutex_unlock(&mutex);
  sem_post(done);
  printf("thread ends\n");
  return 0;
}

int main(void) {
  pthread_t thread;
  int number = 0;
  if (pthread_mutex_init(&mutex, 0) != 0 || pthread_cond_init(&filled, 0) != 0) return 1;
  done = sem_open("done", O_CREAT, 0600, 0);
  if (done == -1) return 2;
  pthread_mutex_lock(&mutex);
  if (pthread_create(&thread, 0, fill, &number) != 0) return 3;
  printf("main waits\n");
  while (number == 0) pthread_cond_wait(&filled, &mutex);
  pthread_mutex_unlock(&mutex);
  printf("main was told: %d\n", number);
  if (sem_wait(done) != 0) return 4;
  printf("the semaphore was posted\n");
  if (pthread_join(thread, 0) != 0) return 5;
  sem_close(done);
  sem_unlink("done");
  if (pthread_cond_destroy(&filled) != 0 || pthread_mutex_destroy(&mutex) != 0) return 6;
  printf("all is cleared away\n");
  return 0;
}
