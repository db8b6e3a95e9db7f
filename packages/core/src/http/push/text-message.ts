/** A text message of a WebSocket as a server sends it, in one frame; `payload` is a part of `framed`. */
export interface TextMessage {
  readonly framed: Buffer
  readonly payload: Buffer
}

/** The last frame of a text message, which here is the only one (RFC 6455, 5.2). */
const finalText = 0x81

/** Frames a text as a message: done once, it need not be done for each socket that the text is sent to. */
export function textMessage(text: string): TextMessage {
  const length = Buffer.byteLength(text)
  const headLength = length < 126 ? 2 : length < 65_536 ? 4 : 10
  const framed = Buffer.allocUnsafe(headLength + length)
  framed[0] = finalText
  if (headLength === 2) framed[1] = length
  else if (headLength === 4) {
    framed[1] = 126
    framed.writeUInt16BE(length, 2)
  } else {
    framed[1] = 127
    framed.writeBigUInt64BE(BigInt(length), 2)
  }
  framed.write(text, headLength)
  return { framed, payload: framed.subarray(headLength) }
}
