import type { ChatTransport, UIMessage } from 'ai'

/** What a chat wants to send: its id, its messages, the trigger, and what the call of `sendMessage` added. */
export type ChatSendOptions<Message extends UIMessage = UIMessage> = Omit<
  Parameters<ChatTransport<Message>['sendMessages']>[0],
  'abortSignal' | 'headers'
>

/**
 * The body of a chat task (`defineChatTask`): text, images and videos of the last message of the user, the chat's id as
 * `conversation_id`, and the fields that the call of `sendMessage` added as `body`.
 *
 * @throws Error when there is no message of the user, or it has a file that is neither image nor video
 */
export function chatBody({ chatId, messages, body }: ChatSendOptions): Record<string, unknown> {
  const texts: string[] = []
  const images: string[] = []
  const videos: string[] = []
  const question = messages.findLast(({ role }) => role === 'user')
  if (!question) throw new Error('The chat holds no message of the user to answer.')
  for (const part of question.parts) {
    if (part.type === 'text') texts.push(part.text)
    if (part.type !== 'file') continue
    if (part.mediaType.startsWith('image/')) images.push(part.url)
    else if (part.mediaType.startsWith('video/')) videos.push(part.url)
    else throw new Error(`A chat task takes no ${part.mediaType}: see prepareBody.`)
  }
  return {
    message: texts.join('\n'),
    ...(images.length > 0 && { images }),
    ...(videos.length > 0 && { videos }),
    conversation_id: chatId,
    ...body,
  }
}
