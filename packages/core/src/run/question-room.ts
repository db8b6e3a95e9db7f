import { TaskError } from '../errors.ts'
import { maxQuestionsBytes, questionJson } from '../log/index.ts'

/**
 * Room for the open questions of one run beside its log: without its schema there, no node could check an answer.
 * Every attempt begins with all of it, since its reset closes the questions of the last one.
 */
export class QuestionRoom {
  #bytes = 0

  /**
   * Takes the room that a question needs.
   *
   * @param schema the JSON Schema of the answer
   * @returns gives it back, once.
   * @throws TaskError `invalid_event` when there is not enough of it
   */
  take(id: string, schema: object): () => void {
    const bytes = Buffer.byteLength(questionJson(id, schema))
    if (this.#bytes + bytes > maxQuestionsBytes) {
      throw new TaskError(
        'invalid_event',
        `The question "${id.slice(0, 100)}" does not fit: the schemas of a task's open questions have ${maxQuestionsBytes} bytes as JSON Schema, ids included.`,
      )
    }
    this.#bytes += bytes
    let taken = bytes
    return () => {
      this.#bytes -= taken
      taken = 0
    }
  }
}
