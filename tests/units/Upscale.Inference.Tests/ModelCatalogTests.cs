using Upscale.Testing;

namespace Upscale.Inference.Tests;

public sealed class ModelCatalogTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("upscale");
    private readonly SessionPool _pool = new();

    [Fact]
    public void The_networks_of_the_repository_are_all_there()
    {
        ModelCatalog catalog = new([Path.Combine(TestData.Root, "models")]);
        Assert.Empty(catalog.Errors);
        Assert.Equal(15, catalog.Cards.Count);
        Assert.Equal("realesr-general-x4v3", catalog.Find("RealESR-General-X4V3")!.Id);
    }

    [Fact]
    public async Task A_card_of_the_repository_agrees_with_what_a_trial_finds()
    {
        ModelCatalog catalog = new([Path.Combine(TestData.Root, "models")]);
        foreach (ModelCard card in catalog.Cards.Where(c => c.MegaflopsPerPixel < 3 && c.Kind == ModelKind.FeedForward))
        {
            string copy = Path.Combine(_folder.FullName, card.Id + ".onnx");
            File.Copy(card.Path, copy);
            ModelCard found = await On(new ModelCatalog([])).DescribeAsync(copy, CancellationToken.None);
            Assert.Equal((card.Scale, card.Channels, card.MultipleOf, card.Border, card.GlobalPooling), (found.Scale, found.Channels, found.MultipleOf, found.Border, found.GlobalPooling));
            Assert.True(found.MinimumSize >= card.MinimumSize && found.MinimumSize <= card.MinimumSize + 3);
            Assert.Equal(card.Sha256, found.Sha256);
        }
    }

    [Fact]
    public void A_broken_card_is_a_named_error_that_leaves_the_others_alone()
    {
        WriteCard("good", """{"id":"good","kind":"feed-forward","scale":2}""");
        WriteCard("cut", """{"id":"cut", """);
        WriteCard("list", "[]");
        WriteCard("other-name", """{"id":"renamed","scale":2}""");
        WriteCard("no-scale", """{"id":"no-scale"}""");
        WriteCard("bad-scale", """{"id":"bad-scale","scale":0}""");
        WriteCard("bad-range", """{"id":"bad-range","scale":2,"range":[-1,1]}""");
        WriteCard("outside", """{"id":"outside","scale":2,"file":"../x.onnx"}""");
        WriteCard("two-channels", """{"id":"two-channels","scale":2,"channels":2}""");
        WriteCard("bad-hash", """{"id":"bad-hash","scale":2,"sha256":"123"}""");
        WriteCard("bad-type", """{"id":"bad-type","scale":2,"globalPooling":"no"}""");
        _folder.CreateSubdirectory("no-card");

        ModelCatalog catalog = new([_folder.FullName, Path.Combine(_folder.FullName, "missing")]);
        Assert.Equal(["good"], catalog.Cards.Select(c => c.Id));
        Assert.Equal(10, catalog.Errors.Count);
        Assert.All(catalog.Errors, e => Assert.Contains("model.json", e.Message, StringComparison.Ordinal));
        UpscaleException error = Assert.Throws<UpscaleException>(() => catalog.Find("bad-scale"));
        Assert.Equal(UpscaleErrorId.ModelNotSupported, error.ErrorId);
        Assert.Contains("'scale'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_network_of_components_is_listed_with_them_and_each_is_checked()
    {
        FileInfo[] graphs = [.. new[] { "unet", "vae_decoder" }.Select(name => new FileInfo(Path.Combine(_folder.FullName, "net", name, "model.onnx")))];
        WriteCard("net", """{"id":"net","kind":"diffusion","pipeline":"P","stages":["latent"],"scale":2,"components":{"unet":{"halo":7},"vae_decoder":{"multipleOf":2}}}""");
        foreach (FileInfo graph in graphs)
        {
            graph.Directory!.Create();
            File.Copy(OnnxCase.All.First(c => c.Name == "x2_nchw_f32").Path, graph.FullName);
        }

        ModelCard card = await On(new ModelCatalog([_folder.FullName])).DescribeAsync("net", CancellationToken.None);
        Assert.Equal((ModelKind.Diffusion, "P", "latent"), (card.Kind, card.Pipeline, card.Stages.Single()));
        Assert.Equal(["unet", "vae_decoder"], card.Components.Select(c => c.Name));
        Assert.Equal(graphs.Select(g => g.FullName), card.Components.Select(c => c.Path));
        Assert.All(card.Components, c => Assert.Equal(64, c.Sha256.Length));
        Assert.Equal((7, 2), (card.Components[0].Halo, card.Components[1].MultipleOf));
        Assert.Equal(card.Sha256, (await On(new ModelCatalog([])).DescribeAsync(Path.Combine(_folder.FullName, "net"), CancellationToken.None)).Sha256);

        graphs[1].Delete();
        UpscaleException missing = await Assert.ThrowsAsync<UpscaleException>(async () => await On(new ModelCatalog([_folder.FullName])).DescribeAsync("net", CancellationToken.None));
        Assert.Contains(graphs[1].FullName, missing.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"id":"net","kind":"diffusion","pipeline":"P","stages":["latent"],"scale":2}""", "components")]
    [InlineData("""{"id":"net","kind":"diffusion","pipeline":"P","stages":["latent"],"scale":2,"components":{"unet":"x"}}""", "unet")]
    [InlineData("""{"id":"net","kind":"diffusion","pipeline":"P","stages":["latent"],"scale":2,"components":{"../unet":{}}}""", "not in its own folder")]
    [InlineData("""{"id":"net","kind":"diffusion","stages":["latent"],"scale":2,"components":{"unet":{}}}""", "pipeline")]
    [InlineData("""{"id":"net","kind":"diffusion","pipeline":"P","scale":2,"components":{"unet":{}}}""", "stages")]
    [InlineData("""{"id":"net","kind":"other","scale":2}""", "kind")]
    public void A_broken_card_of_components_says_what_is_wrong(string json, string what)
    {
        WriteCard("net", json);
        Assert.Contains(what, Assert.Single(new ModelCatalog([_folder.FullName]).Errors).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Of_two_networks_of_one_name_the_first_counts()
    {
        WriteCard("a/net", """{"id":"net","scale":2}""");
        WriteCard("b/net", """{"id":"net","scale":3}""");
        ModelCatalog catalog = new([Path.Combine(_folder.FullName, "b"), Path.Combine(_folder.FullName, "a")]);
        Assert.Equal(3, Assert.Single(catalog.Cards).Scale);
    }

    [Fact]
    public async Task An_unknown_name_lists_the_nearest()
    {
        IModelPool pool = On(new ModelCatalog([Path.Combine(TestData.Root, "models")]));
        UpscaleException error = await Assert.ThrowsAsync<UpscaleException>(async () => await pool.DescribeAsync("realesrgan-x4pluss", CancellationToken.None));
        Assert.Equal(UpscaleErrorId.ModelNotFound, error.ErrorId);
        Assert.Contains("Nearest are 'realesrgan-x4plus'", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("missing.onnx")]
    [InlineData("some/where")]
    public async Task A_path_without_a_file_is_not_found(string path)
    {
        UpscaleException error = await Assert.ThrowsAsync<UpscaleException>(async () => await On(new ModelCatalog([])).DescribeAsync(path, CancellationToken.None));
        Assert.Equal(UpscaleErrorId.ModelNotFound, error.ErrorId);
        Assert.Contains(_folder.FullName, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_pointer_or_another_file_instead_of_the_network_is_noticed()
    {
        WriteCard("net", $$"""{"id":"net","scale":2,"sha256":"{{new string('0', 64)}}"}""");
        string file = Path.Combine(_folder.FullName, "net", "model.onnx");
        ModelCatalog catalog = new([_folder.FullName]);

        UpscaleException missing = await Assert.ThrowsAsync<UpscaleException>(async () => await On(catalog).DescribeAsync("net", CancellationToken.None));
        Assert.Contains("is missing", missing.Message, StringComparison.Ordinal);

        File.WriteAllText(file, "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n");
        UpscaleException pointer = await Assert.ThrowsAsync<UpscaleException>(async () => await On(catalog).DescribeAsync("net", CancellationToken.None));
        Assert.Contains("Git LFS pointer", pointer.Message, StringComparison.Ordinal);

        File.Copy(OnnxCase.All.First(c => c.Name == "x2_nchw_f32").Path, file, overwrite: true);
        UpscaleException other = await Assert.ThrowsAsync<UpscaleException>(async () => await On(catalog).DescribeAsync("net", CancellationToken.None));
        Assert.Equal(UpscaleErrorId.ModelNotSupported, other.ErrorId);
        Assert.Contains("damaged", other.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_short_card_is_enough_and_names_are_taken_from_the_graph()
    {
        WriteCard("net", """{"id":"net","scale":3,"halo":4}""");
        File.Copy(OnnxCase.All.First(c => c.Name == "x3_nchw_f32").Path, Path.Combine(_folder.FullName, "net", "model.onnx"));
        IModelPool pool = On(new ModelCatalog([_folder.FullName]));
        ModelCard card = await pool.DescribeAsync("NET", CancellationToken.None);
        Assert.Equal(64, card.Sha256.Length);
        using Tile input = Goldens.Picture(10, 9);
        using Tile output = await Goldens.RunAsync(pool, card, input);
        Assert.Equal((30, 27), (output.Width, output.Height));
    }

    [Fact]
    public async Task A_relative_path_is_relative_to_the_given_folder_and_found_out_once()
    {
        string source = OnnxCase.All.First(c => c.Name == "x2_nhwc").Path;
        File.Copy(source, Path.Combine(_folder.FullName, "My Net.onnx"));
        ModelCard card = await On(new ModelCatalog([])).DescribeAsync("My Net.onnx", CancellationToken.None);
        Assert.Equal("My Net", card.Id);
        Assert.Equal(Path.Combine(_folder.FullName, "My Net.onnx"), card.Path);
        ModelCard same = await On(new ModelCatalog([])).DescribeAsync(source, CancellationToken.None);
        Assert.Equal("x2_nhwc", same.Id);
        Assert.Equal(card.Sha256, same.Sha256);
    }

    public void Dispose()
    {
        _pool.Dispose();
        _folder.Delete(recursive: true);
    }

    private IModelPool On(ModelCatalog catalog) => _pool.On(_pool.Devices.Resolve("Cpu"), catalog, _folder.FullName);

    private void WriteCard(string id, string text)
        => File.WriteAllText(Path.Combine(_folder.CreateSubdirectory(id).FullName, "model.json"), text);
}
