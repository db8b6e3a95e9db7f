/** A way to follow a log, as the page's query names it. */
export type PageTransport = 'poll' | 'long-poll' | 'sse' | 'websocket' | 'auto'

/** Every way that the client offers. */
export const pageTransports: readonly PageTransport[] = ['poll', 'long-poll', 'sse', 'websocket', 'auto']
