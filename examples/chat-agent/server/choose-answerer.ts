import type { Answerer } from './answerer.ts'
import { chooseModel } from './model.ts'
import { modelAnswerer } from './model-answerer.ts'
import { answerOffline } from './offline-agent/index.ts'

/** Works without a network and without a key; `pace` 2 is half as fast. */
export function offlineAnswerer(checkout: string, pace = 1): Answerer {
  return {
    name: 'Offline agent, no language model',
    recording: null,
    answer: (context, { message }) => answerOffline(context, message, { checkout, pace }),
  }
}

/** The model that the environment asks for, else the offline agent. */
export async function chooseAnswerer(
  env: Readonly<Record<string, string | undefined>>,
  checkout: string,
): Promise<Answerer> {
  const chosen = await chooseModel(env)
  return chosen === null ? offlineAnswerer(checkout) : modelAnswerer(chosen, checkout)
}
