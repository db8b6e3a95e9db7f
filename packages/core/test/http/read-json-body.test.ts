import { describe, expect, it } from 'vitest'
import { isJsonType, readJsonBody } from '../../src/http/read-json-body.ts'
import type { RequestBody, TaskRequest } from '../../src/http/task-request.ts'

const limits = { maxBodyBytes: 100, maxJsonDepth: 3, maxJsonKeys: 100 }

function requestWith(body: RequestBody, headers: Record<string, string> = {}): TaskRequest {
  return {
    method: 'POST',
    url: '/',
    basePath: '',
    host: null,
    headers: new Headers({ 'content-type': 'application/json', ...headers }),
    body,
    signal: new AbortController().signal,
    raw: null,
  }
}

async function* chunksOf(...parts: (string | number[])[]): AsyncGenerator<Uint8Array> {
  for (const part of parts)
    yield typeof part === 'string' ? new TextEncoder().encode(part) : Uint8Array.from(part)
}

describe('a JSON body', () => {
  it.each<[string, RequestBody]>([
    ['a stream', { type: 'stream', chunks: chunksOf('{"a":"', [0xc3], [0xa9], '"}') }],
    ['bytes', { type: 'bytes', bytes: new TextEncoder().encode('{"a":"é"}') }],
    ['text', { type: 'text', text: '{"a":"é"}' }],
    ['a parsed value', { type: 'value', value: { a: 'é' } }],
  ])('is read from %s, with its size', async (_name, body) => {
    expect(await readJsonBody(requestWith(body), limits)).toEqual({ value: { a: 'é' }, bytes: 10 })
  })

  it('is undefined when there is none, whatever the content type', async () => {
    const none = { value: undefined, bytes: 0 }
    expect(await readJsonBody(requestWith({ type: 'none' }), limits)).toEqual(none)
    const empty: RequestBody = { type: 'stream', chunks: chunksOf() }
    expect(await readJsonBody(requestWith(empty, { 'content-type': 'text/plain' }), limits)).toEqual(none)
  })

  it('is taken up to the limit and no further', async () => {
    let taken = 0
    async function* endless(): AsyncGenerator<Uint8Array> {
      for (;;) {
        taken += 30
        yield new Uint8Array(30)
      }
    }
    const body: RequestBody = { type: 'stream', chunks: endless() }
    await expect(readJsonBody(requestWith(body), limits)).rejects.toMatchObject({ code: 'body_too_large' })
    expect(taken).toBe(120)
  })

  it('is not touched when its declared length is too large', async () => {
    const body: RequestBody = {
      type: 'stream',
      chunks: {
        [Symbol.asyncIterator]() {
          throw new Error('the body was read')
        },
      },
    }
    const read = readJsonBody(requestWith(body, { 'content-length': '101' }), limits)
    await expect(read).rejects.toMatchObject({ code: 'body_too_large' })
  })

  it.each<[string, RequestBody, Record<string, string>]>([
    ['a parsed value without a length', { type: 'value', value: { a: 'x'.repeat(100) } }, {}],
    [
      'a parsed value that was compressed',
      { type: 'value', value: { a: 'x'.repeat(100) } },
      { 'content-encoding': 'gzip', 'content-length': '20' },
    ],
    ['text', { type: 'text', text: `"${'é'.repeat(50)}"` }, {}],
  ])('is measured also as %s', async (_name, body, headers) => {
    const read = readJsonBody(requestWith(body, headers), limits)
    await expect(read).rejects.toMatchObject({ code: 'body_too_large' })
  })

  it.each<[string, RequestBody, Record<string, string>]>([
    ['invalid_json', { type: 'text', text: '{"a":' }, {}],
    ['invalid_json', { type: 'bytes', bytes: Uint8Array.from([0x22, 0xff, 0x22]) }, {}],
    ['invalid_json', { type: 'stream', chunks: chunksOf('"', [0xc3]) }, {}],
    ['too_deep', { type: 'text', text: '[[[[' }, {}],
    ['too_deep', { type: 'value', value: { a: [[[]]] } }, {}],
    ['unsupported_media_type', { type: 'text', text: '{}' }, { 'content-type': 'text/plain' }],
    [
      'unsupported_media_type',
      { type: 'value', value: {} },
      { 'content-type': 'application/x-www-form-urlencoded' },
    ],
    ['unsupported_media_type', { type: 'stream', chunks: chunksOf('{}') }, { 'content-encoding': 'gzip' }],
  ])('is refused with %s: %j %j', async (code, body, headers) => {
    await expect(readJsonBody(requestWith(body, headers), limits)).rejects.toMatchObject({ code })
  })

  it.each([
    ['application/json', true],
    ['application/json; charset=utf-8', true],
    ['Application/JSON ;charset=utf-8', true],
    ['application/merge-patch+json', true],
    ['application/jsonp', false],
    ['text/json', false],
    ['text/plain; a=application/json', false],
    ['multipart/form-data', false],
    ['', false],
    [null, false],
  ])('of the content type %s is JSON: %s', (contentType, expected) => {
    expect(isJsonType(contentType)).toBe(expected)
  })
})
