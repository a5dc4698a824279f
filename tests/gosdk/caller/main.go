// Caller makes calls with the official SDK's own typed methods, one for each line of its input.
//
// A line is {"group", "operation", "path", "parameters"}: the SDK's API class and method, the
// path's values in order, and the values for the request's setters by their names. The answer is
// a line {"status", "decoded", "body", "headers", "error"}; "error" is what the SDK says.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"reflect"

	"github.com/kakaoenterprise/kc-sdk-go/common"
)

type call struct {
	Group      string                     `json:"group"`
	Operation  string                     `json:"operation"`
	Path       []string                   `json:"path"`
	Parameters map[string]json.RawMessage `json:"parameters"`
}

type answer struct {
	Status  int             `json:"status"`
	Decoded any             `json:"decoded"`
	Body    json.RawMessage `json:"body"`
	Headers http.Header     `json:"headers"`
	Error   string          `json:"error"`
}

func main() {
	gateway := os.Getenv("KIC_VM_GATEWAY")
	client := common.NewAPIClient(common.Config{Endpoints: common.Endpoints{
		BCS: gateway, Volume: gateway, Image: gateway, Network: gateway, VPC: gateway,
		IAM: gateway, Config: gateway,
	}})
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var wanted call
		if err := json.Unmarshal(lines.Bytes(), &wanted); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(2)
		}
		line, err := json.Marshal(perform(client, wanted))
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(2)
		}
		fmt.Println(string(line))
	}
}

// perform finds the method by its name, so that one line can stand for each of the operations.
func perform(client *common.APIClient, wanted call) answer {
	group := reflect.ValueOf(client).Elem().FieldByName(wanted.Group)
	if !group.IsValid() {
		return answer{Error: "the SDK has no " + wanted.Group}
	}
	method := group.MethodByName(wanted.Operation)
	if !method.IsValid() {
		return answer{Error: "the SDK has no " + wanted.Group + "." + wanted.Operation}
	}
	arguments := []reflect.Value{reflect.ValueOf(context.Background())}
	for _, value := range wanted.Path {
		arguments = append(arguments, reflect.ValueOf(value))
	}
	request := method.Call(arguments)[0]
	for name, text := range wanted.Parameters {
		setter := request.MethodByName(name)
		if !setter.IsValid() {
			return answer{Error: wanted.Operation + " has no parameter " + name}
		}
		value := reflect.New(setter.Type().In(0))
		if err := json.Unmarshal(text, value.Interface()); err != nil {
			return answer{Error: wanted.Operation + "." + name + ": " + err.Error()}
		}
		request = setter.Call([]reflect.Value{value.Elem()})[0]
	}
	return read(request.MethodByName("Execute").Call(nil))
}

// read takes the results of Execute: the decoded answer where there is one, response, error.
func read(results []reflect.Value) answer {
	var given answer
	last := len(results) - 1
	if err, failed := results[last].Interface().(error); failed {
		given.Error = err.Error()
	}
	if last == 2 && !(results[0].Kind() == reflect.Pointer && results[0].IsNil()) {
		given.Decoded = results[0].Interface()
	}
	if response, ok := results[last-1].Interface().(*http.Response); ok && response != nil {
		given.Status = response.StatusCode
		given.Headers = response.Header
		if body, err := io.ReadAll(response.Body); err == nil && json.Valid(body) {
			given.Body = body
		}
	}
	return given
}
