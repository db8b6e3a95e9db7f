import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { TaskClient, type TaskSnapshot } from '@outlast/client'
import { defineTask, TaskManager } from '@outlast/core'
import { forwardAiSdkStream, wrapTools } from '@outlast/core/ai-sdk'
import { createNodeListener } from '@outlast/http-adapter/node'
import { stepCountIs, streamText } from 'ai'
import { z } from 'zod'
import {
  type Recording,
  readRecording,
  recordedTools,
  recordingModel,
} from '../../examples/chat-agent/server/recording/index.ts'

/** A server whose tasks play recordings, and a client of it, with a real port between them. */
export interface RecordingServer {
  /** Plays one file to its end and answers with all that a page would show. */
  play(file: string): Promise<TaskSnapshot>
  close(): Promise<void>
}

/** The one answer that the file itself holds, when it is part of a conversation over several files. */
async function readOne(file: string): Promise<Recording> {
  const recording = await readRecording(file)
  const turn = /\.(\d+)\.sse$/.exec(file)?.[1]
  if (turn === undefined) return recording
  return { ...recording, responses: recording.responses.slice(Number(turn) - 1, Number(turn)) }
}

const playTask = defineTask({
  type: 'play',
  input: z.object({ file: z.string() }),
  scope: () => null,
  async run(ctx) {
    const recording = await readOne(ctx.input.file)
    const { fullStream } = streamText({
      model: recordingModel(recording, { pace: 0 }),
      prompt: 'Say it again.',
      tools: wrapTools(ctx, recordedTools(recording)),
      stopWhen: stepCountIs(recording.responses.length),
      abortSignal: ctx.signal,
      maxRetries: 0,
      // The SDK prints errors to the console unless somebody takes them; they are in the stream too.
      onError: () => {},
    })
    return forwardAiSdkStream(ctx, fullStream)
  },
})

/** Starts the server on a free loopback port. */
export async function startRecordingServer(): Promise<RecordingServer> {
  const manager = new TaskManager({ tasks: [playTask] })
  const server = createServer(
    createNodeListener(manager, { authenticate: () => ({ userId: 'listener', via: 'token' }) }),
  )
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const client = new TaskClient({ baseUrl: `http://127.0.0.1:${port}/api/tasks` })
  return {
    async play(file) {
      const { task_id } = await client.start({ file })
      const observer = client.observe(task_id)
      return new Promise((resolve, reject) => {
        const leave = observer.subscribe(() => {
          const snapshot = observer.getSnapshot()
          if (snapshot.outcome === null && snapshot.connection !== 'failed') return
          leave()
          if (snapshot.outcome === null) reject(snapshot.error)
          else resolve(snapshot)
        })
      })
    },
    async close() {
      await manager.close()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
