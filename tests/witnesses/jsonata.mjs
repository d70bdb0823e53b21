// Evaluates each {expression, variables}: {value}, {error}, or {} where the result is undefined.
import jsonata from "jsonata";
import { json } from "node:stream/consumers";

const evaluate = async ({ expression, variables }) => {
  try {
    return { value: await jsonata(expression).evaluate(undefined, variables) };
  } catch (error) {
    return { error: error.message };
  }
};
const questions = await json(process.stdin);
console.log(JSON.stringify(await Promise.all(questions.map(evaluate))));
