"""A variational autoencoder of handwritten digits, as it is written for PyTorch: only the imports are others.

In PyTorch they are ``import torch``, ``import torch.nn.functional as F`` and the like. The digits are in the package
scikit-learn.
"""

import autograd_lite as torch
import autograd_lite.nn.functional as F
from autograd_lite import nn, optim
from autograd_lite.data import DataLoader, TensorDataset

device = torch.device("cuda" if torch.cuda.is_available() else "cpu")


class VAE(nn.Module):
    def __init__(self, pixels=64, hidden=128, latent=8):
        super().__init__()
        self.fc1 = nn.Linear(pixels, hidden)
        self.fc21 = nn.Linear(hidden, latent)
        self.fc22 = nn.Linear(hidden, latent)
        self.fc3 = nn.Linear(latent, hidden)
        self.fc4 = nn.Linear(hidden, pixels)

    def encode(self, x):
        h1 = F.relu(self.fc1(x))
        return self.fc21(h1), self.fc22(h1)

    def reparameterize(self, mu, logvar):
        std = torch.exp(0.5 * logvar)
        eps = torch.randn_like(std)
        return mu + eps * std

    def decode(self, z):
        h3 = F.relu(self.fc3(z))
        return torch.sigmoid(self.fc4(h3))

    def forward(self, x):
        mu, logvar = self.encode(x.view(-1, 64))
        z = self.reparameterize(mu, logvar)
        return self.decode(z), mu, logvar


def make(dtype=torch.float32):
    return VAE().to(device).to(dtype)


def data(dtype=torch.float32):
    from sklearn.datasets import load_digits

    return torch.tensor(load_digits().images / 16, dtype=dtype)


def loss_function(recon_x, x, mu, logvar):
    BCE = F.binary_cross_entropy(recon_x, x.view(-1, 64), reduction="sum")
    KLD = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp())
    return BCE + KLD


def train(model, images, epochs=10):
    """Return the loss of each step, for each image."""
    loader = DataLoader(TensorDataset(images), batch_size=128, shuffle=True)
    optimizer = optim.Adam(model.parameters(), lr=1e-3)
    losses = []
    model.train()
    for epoch in range(epochs):
        train_loss = 0
        for (data,) in loader:
            data = data.to(device)
            optimizer.zero_grad()
            recon_batch, mu, logvar = model(data)
            loss = loss_function(recon_batch, data, mu, logvar)
            loss.backward()
            train_loss += loss.item()
            optimizer.step()
            losses.append(loss.item() / len(data))
        print(f"epoch {epoch}: average loss {train_loss / len(loader.dataset):.3f}")
    return losses


def main():
    torch.manual_seed(1)
    model = make()
    train(model, data(), epochs=20)
    with torch.no_grad():
        sample = model.decode(torch.randn(4, 8, dtype=torch.float32).to(device)).view(4, 8, 8)
    for row in torch.cat(tuple(sample), dim=1):
        print("".join(" .:-=+*#%@"[int(9.99 * shade)] for shade in row.tolist()))


if __name__ == "__main__":
    main()
