export { type Recording, readRecording } from './read-recording.ts'
export { recordedTools } from './recorded-tools.ts'
export { recordingModel } from './recording-model.ts'
