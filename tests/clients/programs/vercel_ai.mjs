// Vercel's `ai` with the vendors' providers and the Anthropic one.
import { generateText, streamText, stepCountIs, tool } from "ai";
import { createAnthropic } from "@ai-sdk/anthropic";
import { createDeepSeek } from "@ai-sdk/deepseek";
import { createMoonshotAI } from "@ai-sdk/moonshotai";
import { createZhipu } from "zhipu-ai-provider";
import { z } from "zod";

const task = JSON.parse(process.argv[2]);
const make = {
  deepseek: () => createDeepSeek({ baseURL: task.base_url, apiKey: task.key }),
  moonshotai: () => createMoonshotAI({ baseURL: task.base_url, apiKey: task.key }),
  anthropic: () => createAnthropic({ baseURL: `${task.base_url}/v1`, authToken: task.key }),
  zhipu: () => createZhipu({ baseURL: task.base_url, apiKey: task.key }),
}[task.package]();
const common = { model: make(task.model), maxRetries: 0 };
const question = "Please explain idempotency in one sentence.";
const weather = tool({
  description: "Tell the weather in a city.",
  inputSchema: z.object({ city: z.string().describe("the city") }),
  execute: async ({ city }) => `${city}: 21 °C`,
});
const doings = {
  chat: async () => (await generateText({ ...common, prompt: question })).text,
  stream: async () => {
    let text = "";
    const failures = [];
    const reply = streamText({ ...common, prompt: question, onError: ({ error }) => failures.push(error) });
    for await (const piece of reply.textStream) text += piece;
    if (failures.length) throw failures[0];
    return text;
  },
  tools: async () =>
    (
      await generateText({
        ...common,
        prompt: "What is the weather in 北京? Use the tool.",
        tools: { get_weather: weather },
        stopWhen: stepCountIs(3),
      })
    ).text,
  image: async () => {
    const content = [
      { type: "text", text: "What colour is this picture?" },
      { type: "file", mediaType: "image/png", data: Buffer.from(task.picture.split("base64,")[1], "base64") },
    ];
    return (await generateText({ ...common, model: make(task.seer), messages: [{ role: "user", content }] })).text;
  },
};
const found = {};
for (const name of task.doings) {
  try {
    found[name] = { text: await doings[name]() };
  } catch (error) {
    found[name] = { error: `${error.name}: ${error.message} ${error.responseBody ?? ""}` };
  }
}
console.log(`\n${JSON.stringify(found)}`);
