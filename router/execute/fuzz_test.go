package execute_test

import (
	"context"
	"encoding/json"
	"testing"

	"devportal.internal/router/execute"
)

// FuzzExecute lets subgraphs answer anything: the response is valid JSON with the shape's keys, whatever they say.
func FuzzExecute(f *testing.F) {
	f.Add([]byte(`{"data":{"products":[{"id":"1","name":"a"}]}}`), []byte(`{"data":{"_entities":[{"stock":1}]}}`))
	f.Add([]byte(`{"data":{"products":[[{"id":1e999,"name":"\ud800"}],7]},"errors":[{"message":"m","path":["products",0]}]}`), []byte(`{"errors":[{"path":["_entities",0,"stock"]}],"data":null}`))
	f.Add([]byte(`{"data":{"products":[{"id":"1","__proto__":{"id":[[[]]]},"\u006eame":"x","name":"y"}]}}`), []byte(`{"data":{"_entities":[null]}}`))
	program, err := execute.New(products(), execute.Options{})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, products, stock []byte) {
		s := &subgraphs{answers: map[string]string{"products": string(products), "stock": string(stock)}}
		resp := program.Execute(context.Background(), &execute.Request{Client: s})
		defer resp.Release()
		var got struct {
			Data map[string]json.RawMessage `json:"data"`
		}
		if err := json.Unmarshal(resp.Bytes(), &got); err != nil {
			t.Fatalf("%v: %s", err, resp.Bytes())
		}
		if _, ok := got.Data["all"]; !ok || len(got.Data) != 1 {
			t.Fatalf("%s", resp.Bytes())
		}
		for subgraph, body := range s.asked {
			if !json.Valid([]byte(body)) {
				t.Fatalf("asked %s: %s", subgraph, body)
			}
		}
	})
}
