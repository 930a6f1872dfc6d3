// A server in small: main takes requests, workers answer them from a queue until it is closed; some answers take a while.
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define WORKERS 3
#define REQUESTS 24

struct request {
  int number, answer;
  char *text;
  struct request *next;
};

static struct request *first, **last = &first;
static int closed, answered;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t more = PTHREAD_COND_INITIALIZER, all = PTHREAD_COND_INITIALIZER;

static struct request *take(void) {
  pthread_mutex_lock(&mutex);
  while (!first && !closed) pthread_cond_wait(&more, &mutex);
  struct request *request = first;
  if (request) {
    first = request->next;
    if (!first) last = &first;
  }
  pthread_mutex_unlock(&mutex);
  return request;
}

static void *work(void *unused) {
  (void)unused;
  for (struct request *request; (request = take());) {
    char *text = malloc(64);
    snprintf(text, 64, "request %d", request->number);
    for (char *c = text; *c; c++) request->answer = (request->answer * 31 + *c) % 10007;
    request->text = text;
    if (request->number % 8 == 0) nanosleep(&(struct timespec){0, 1000000}, 0);
    pthread_mutex_lock(&mutex);
    answered++;
    pthread_cond_signal(&all);
    pthread_mutex_unlock(&mutex);
  }
  return 0;
}

int main(void) {
  pthread_t workers[WORKERS];
  struct request requests[REQUESTS];
  memset(requests, 0, sizeof requests);
  for (int i = 0; i < WORKERS; i++) pthread_create(&workers[i], 0, work, 0);
  for (int i = 0; i < REQUESTS; i++) {
    requests[i].number = i;
    pthread_mutex_lock(&mutex);
    *last = &requests[i];
    last = &requests[i].next;
    pthread_cond_signal(&more);
    pthread_mutex_unlock(&mutex);
  }
  pthread_mutex_lock(&mutex);
  while (answered < REQUESTS) pthread_cond_wait(&all, &mutex);
  closed = 1;
  pthread_cond_broadcast(&more);
  pthread_mutex_unlock(&mutex);
  for (int i = 0; i < WORKERS; i++) pthread_join(workers[i], 0);
  int sum = 0;
  for (int i = 0; i < REQUESTS; i++) {
    sum = (sum + requests[i].answer) % 10007;
    free(requests[i].text);
  }
  printf("answered %d, sum %d, last %d\n", answered, sum, requests[REQUESTS - 1].answer);
  return 0;
}
