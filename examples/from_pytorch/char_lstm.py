"""An LSTM that learns to write Python's documentation letter by letter, as it is written for PyTorch.

Only the imports are others. In PyTorch they are ``import torch`` and ``from torch import nn, optim``.
"""

import pydoc_data.topics

import autograd_lite as torch
import autograd_lite.nn.functional as F
from autograd_lite import nn, optim

TEXT = "\n".join(pydoc_data.topics.topics[name] for name in sorted(pydoc_data.topics.topics))
LETTERS = sorted(set(TEXT))
NUMBERS = {c: i for i, c in enumerate(LETTERS)}
device = torch.device("cuda" if torch.cuda.is_available() else "cpu")


class CharLSTM(nn.Module):
    def __init__(self, vocab, embed=32, hidden=128, layers=2, dropout=0.1):
        super().__init__()
        self.hidden, self.layers = hidden, layers
        self.embedding = nn.Embedding(vocab, embed)
        self.lstm = nn.LSTM(embed, hidden, num_layers=layers, batch_first=True, dropout=dropout)
        self.fc = nn.Linear(hidden, vocab)

    def forward(self, x, state=None):
        out, state = self.lstm(self.embedding(x), state)
        return self.fc(out), state

    def init_state(self, batch):
        weight = next(self.parameters())
        shape = (self.layers, batch, self.hidden)
        return (
            torch.zeros(shape, dtype=weight.dtype, device=device),
            torch.zeros(shape, dtype=weight.dtype, device=device),
        )


def make(dtype=torch.float32):
    return CharLSTM(len(LETTERS)).to(device).to(dtype)


def data():
    return torch.tensor([NUMBERS[c] for c in TEXT], dtype=torch.long)


def get_batch(text, batch=16, length=64):
    start = torch.randint(len(text) - length - 1, (batch,))
    x = torch.stack([text[i : i + length] for i in start.tolist()])
    y = torch.stack([text[i + 1 : i + length + 1] for i in start.tolist()])
    return x.to(device), y.to(device)


def train(model, text, steps=300, log_interval=100):
    """Return the loss of each step."""
    optimizer = optim.RMSprop(model.parameters(), lr=2e-3, alpha=0.95)
    losses = []
    model.train()
    for step in range(steps):
        x, y = get_batch(text)
        h, c = model.init_state(x.shape[0])
        optimizer.zero_grad()
        logits, (h, c) = model(x, (h, c))
        loss = F.cross_entropy(logits.view(-1, logits.shape[-1]), y.view(-1))
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 5)
        optimizer.step()
        losses.append(loss.item())
        if step % log_interval == 0:
            print(f"step {step}: loss {loss.item():.3f}")
    return losses


@torch.no_grad()
def sample(model, prompt="The ", length=200, temperature=0.7):
    model.eval()
    x = torch.tensor([[NUMBERS[c] for c in prompt]], device=device)
    state, out = None, list(prompt)
    for _ in range(length):
        logits, state = model(x, state)
        probabilities = F.softmax(logits[:, -1] / temperature, dim=-1)
        x = torch.multinomial(probabilities, num_samples=1)
        out.append(LETTERS[x.item()])
    return "".join(out)


def main():
    torch.manual_seed(0)
    model = make()
    print(sum(p.numel() for p in model.parameters()), "parameters")
    train(model, data())
    print(sample(model))


if __name__ == "__main__":
    main()
