// Two producers and two consumers share a small ring, with a mutex and two conditions: every item arrives once.
#include <pthread.h>
#include <stdio.h>

#define ROOM 4
#define ITEMS 200

static int ring[ROOM], head, count, consumed, sum;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t not_full = PTHREAD_COND_INITIALIZER, not_empty = PTHREAD_COND_INITIALIZER;

static void *produce(void *argument) {
  int first = *(int *)argument;
  for (int item = first; item < first + ITEMS; item++) {
    pthread_mutex_lock(&mutex);
    while (count == ROOM) pthread_cond_wait(&not_full, &mutex);
    ring[(head + count++) % ROOM] = item;
    pthread_cond_signal(&not_empty);
    pthread_mutex_unlock(&mutex);
  }
  return 0;
}

static void *consume(void *unused) {
  (void)unused;
  for (;;) {
    pthread_mutex_lock(&mutex);
    while (count == 0 && consumed < 2 * ITEMS) pthread_cond_wait(&not_empty, &mutex);
    if (count == 0) {
      pthread_mutex_unlock(&mutex);
      return 0;
    }
    sum += ring[head];
    head = (head + 1) % ROOM;
    count--;
    if (++consumed == 2 * ITEMS) pthread_cond_broadcast(&not_empty);
    pthread_cond_signal(&not_full);
    pthread_mutex_unlock(&mutex);
  }
}

int main(void) {
  pthread_t threads[4];
  int firsts[2] = {0, 1000};
  pthread_create(&threads[0], 0, produce, &firsts[0]);
  pthread_create(&threads[1], 0, consume, 0);
  pthread_create(&threads[2], 0, produce, &firsts[1]);
  pthread_create(&threads[3], 0, consume, 0);
  for (int i = 0; i < 4; i++) pthread_join(threads[i], 0);
  printf("consumed %d, sum %d\n", consumed, sum);
  return 0;
}
