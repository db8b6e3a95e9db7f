import { describe, expect, it } from 'vitest'
import { chooseAnswerer } from '../server/choose-answerer.ts'
import { chooseModel } from '../server/model.ts'

describe('chooseModel', () => {
  it('chooses none when the environment names none, so that the offline agent answers', async () => {
    expect(await chooseModel({})).toBeNull()
    expect((await chooseAnswerer({}, '.')).name).toMatch(/no language model/)
  })

  it.each([
    [{ ANTHROPIC_API_KEY: 'k', MODEL: 'claude-x' }, 'claude-x'],
    [{ MISTRAL_API_KEY: 'k' }, 'mistral-medium-latest'],
    [{ OPENAI_BASE_URL: 'http://127.0.0.1:9/v1', MODEL: 'llama' }, 'llama'],
  ])('takes %o', async (env, name) => {
    expect(await chooseModel(env)).toMatchObject({ name, model: { modelId: name } })
  })

  it('asks for the name of the model of an own server', async () => {
    await expect(chooseModel({ OPENAI_BASE_URL: 'http://127.0.0.1:9/v1' })).rejects.toThrow('MODEL')
  })
})
