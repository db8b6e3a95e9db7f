export { type ChatSendOptions, chatBody } from './chat-body.ts'
export { currentParts, type WithdrawnData } from './current-parts.ts'
export type { OutlastMetadata } from './message-writer.ts'
export { OutlastChatTransport, type OutlastChatTransportOptions } from './outlast-chat-transport.ts'
