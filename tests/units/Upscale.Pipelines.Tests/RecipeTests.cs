using System.Text.Json;
using System.Text.Json.Nodes;
using Upscale.Inference;
using Upscale.Testing;

namespace Upscale.Pipelines.Tests;

public sealed class RecipeTests : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();
    private readonly UpscaleEngine _engine = new(new UpscaleHome(TestData.Root), new SessionPool());

    public static TheoryData<string> Installed => [.. Directory.EnumerateFiles(Path.Combine(TestData.Root, "module", "recipes")).Select(f => Path.GetFileNameWithoutExtension(f))];

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        await _engine.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public void A_recipe_may_have_comments_and_commas_at_ends()
    {
        UpscalePipeline pipeline = Read("""
            {
              // what it is
              "version": 1, "name": "photo", "description": "two steps",
              "stages": [ { "id": "GAN", "Scale": 2, }, { "id": "interpolation", "kernel": "Mitchell", "linearLight": true } /* end */, ],
            }
            """);
        Assert.Equal(("photo", "two steps"), (pipeline.Name, pipeline.Description));
        Assert.Equal(["gan:scale=2", "interpolation:kernel=mitchell,linearLight=True"], pipeline.Stages.Select(s => s.ToString()));
    }

    [Fact]
    public void A_recipe_without_a_name_is_called_like_its_file()
        => Assert.Equal("recipe", Read("""{ "version": 1, "stages": [ { "id": "gan" } ] }""").Name);

    [Theory]
    [InlineData("""{ "stages": [ { "id": "gan" } ] }""", UpscaleErrorId.PipelineInvalid, "has no 'version'")]
    [InlineData("""{ "version": 2, "stages": [ { "id": "gan" } ] }""", UpscaleErrorId.PipelineInvalid, "made for a later one")]
    [InlineData("""{ "version": "one", "stages": [ { "id": "gan" } ] }""", UpscaleErrorId.PipelineInvalid, "the version \"one\"")]
    [InlineData("""{ "version": 1, "stage": [ { "id": "gan" } ] }""", UpscaleErrorId.PipelineInvalid, "Did you mean 'stages'?")]
    [InlineData("""{ "version": 1, "stages": [] }""", UpscaleErrorId.PipelineInvalid, "has no 'stages'")]
    [InlineData("""{ "version": 1, "stages": [ { "model": "x" } ] }""", UpscaleErrorId.PipelineInvalid, "stage 0 without an 'id'")]
    [InlineData("""{ "version": 1, "stages": [ { "id": "gan", "scale": [2] } ] }""", UpscaleErrorId.PipelineInvalid, "'scale' in stage 0 'gan'")]
    [InlineData("""{ "version": 1, "version": 1, "stages": [ { "id": "gan" } ] }""", UpscaleErrorId.PipelineInvalid, "is no JSON")]
    [InlineData("{ \"version\": 1,\n \"stages\": [ nonsense ] }", UpscaleErrorId.PipelineInvalid, "is no JSON in line 2")]
    [InlineData("[]", UpscaleErrorId.PipelineInvalid, "holds no JSON object")]
    [InlineData("", UpscaleErrorId.PipelineInvalid, "is no JSON")]
    [InlineData("""{ "version": 1, "stages": [ { "id": "gan" }, { "id": "gam" } ] }""", UpscaleErrorId.StageNotFound, "Did you mean 'gan'?")]
    [InlineData("""{ "version": 1, "stages": [ { "id": "gan", "scael": 2 } ] }""", UpscaleErrorId.OptionInvalid, "Did you mean 'scale'?")]
    [InlineData("""{ "version": 1, "stages": [ { "id": "refine", "strength": 3 } ] }""", UpscaleErrorId.OptionInvalid, "from 0 to 1")]
    public void What_is_wrong_with_a_recipe_is_told_with_its_file(string text, string errorId, string message)
    {
        UpscaleException error = Assert.Throws<UpscaleException>(() => Read(text));
        Assert.Equal(errorId, error.ErrorId);
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
        Assert.Contains(_folder.File("recipe.json"), error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_recipe_that_is_not_there_is_told_with_the_nearest_name()
    {
        UpscaleException error = Assert.Throws<UpscaleException>(() => _engine.Recipes.Find("foto", Folder));
        Assert.Equal(UpscaleErrorId.PipelineNotFound, error.ErrorId);
        Assert.Contains("Did you mean 'Photo'?", error.Message, StringComparison.Ordinal);
        Assert.Equal(UpscaleErrorId.PipelineNotFound, Assert.Throws<UpscaleException>(() => _engine.Recipes.Find("none.json", Folder)).ErrorId);
    }

    [Fact]
    public void Paths_start_from_the_recipes_folder_and_are_written_relative_to_it()
    {
        string elsewhere = Path.Combine(Path.GetTempPath(), "elsewhere.onnx");
        UpscalePipeline pipeline = Read($$"""{ "version": 1, "stages": [ { "id": "gan", "model": "nets/x.onnx" }, { "id": "gan", "model": {{JsonSerializer.Serialize(elsewhere)}} }, { "id": "refine", "mask": "mask.png" } ] }""");
        Assert.Equal([Path.Combine(Folder, "nets", "x.onnx"), elsewhere], pipeline.Stages.Take(2).Select(s => s.Options["model"]));
        Assert.Equal(Path.Combine(Folder, "mask.png"), pipeline.Stages[2].Options["mask"]);

        string path = _folder.File("copy.json");
        _engine.Recipes.Write(pipeline, path, force: false);
        JsonArray stages = JsonNode.Parse(File.ReadAllText(path))!["stages"]!.AsArray();
        Assert.Equal(("./nets/x.onnx", elsewhere, "./mask.png"), ((string)stages[0]!["model"]!, (string)stages[1]!["model"]!, (string)stages[2]!["mask"]!));
        Assert.Equal(pipeline.ToString(), _engine.Recipes.Read(path).ToString());
    }

    [Fact]
    public void A_file_that_exists_is_replaced_only_when_told()
    {
        UpscalePipeline pipeline = Read("""{ "version": 1, "stages": [ { "id": "gan" } ] }""");
        string path = _folder.File("target.json");
        File.WriteAllText(path, "mine");
        Assert.Equal(UpscaleErrorId.TargetExists, Assert.Throws<UpscaleException>(() => _engine.Recipes.Write(pipeline, path, force: false)).ErrorId);
        Assert.Equal("mine", File.ReadAllText(path));
        _engine.Recipes.Write(pipeline, path, force: true);
        Assert.Equal(pipeline.ToString(), _engine.Recipes.Read(path).ToString());
    }

    [Fact]
    public void The_ready_made_recipes_are_those_that_the_readme_names()
        => Assert.Empty(new[] { "Photo", "PhotoFaithful", "Anime", "Fast", "Diffusion", "TwoStep" }.Except(_engine.Recipes.Names));

    [Theory]
    [MemberData(nameof(Installed))]
    public async Task A_ready_made_recipe_is_refused_by_nothing_and_enlarges(string name)
    {
        UpscalePipeline pipeline = _engine.Recipes.Find(name, Folder);
        PipelineTest test = await _engine.TestAsync(new UpscaleRequest { Source = "", Pipeline = pipeline }, new ImageShape(512, 512, 3), default);
        Assert.Empty(test.Refusals);
        Assert.Equal(pipeline.Stages.Count, test.Stages.Count);
        Assert.Equal(name == "Fast" ? 1024 : 2048, test.Stages[^1].Output!.Value.Width);
    }

    [Fact]
    public void The_published_schema_is_that_of_the_plugins()
        => Assert.Equal(_engine.Recipes.Schema(), File.ReadAllText(Path.Combine(TestData.Root, "module", "recipe.schema.json")), ignoreLineEndingDifferences: true);

    [Theory]
    [MemberData(nameof(Installed))]
    public void The_schema_knows_every_key_of_a_ready_made_recipe(string name)
    {
        JsonNode schema = JsonNode.Parse(_engine.Recipes.Schema())!;
        var variants = schema["properties"]!["stages"]!["items"]!["anyOf"]!.AsArray().ToDictionary(v => (string)v!["properties"]!["id"]!["const"]!, v => v!["properties"]!.AsObject());
        JsonObject recipe = JsonNode.Parse(File.ReadAllText(Path.Combine(TestData.Root, "module", "recipes", name + ".json")))!.AsObject();
        Assert.Empty(recipe.Select(p => p.Key).Except(schema["properties"]!.AsObject().Select(p => p.Key)));
        Assert.All(recipe["stages"]!.AsArray(), stage => Assert.Empty(stage!.AsObject().Select(p => p.Key).Except(variants[(string)stage["id"]!].Select(p => p.Key))));
    }

    private string Folder => Path.GetDirectoryName(_folder.File("recipe.json"))!;

    private UpscalePipeline Read(string text)
    {
        string path = _folder.File("recipe.json");
        File.WriteAllText(path, text);
        return _engine.Recipes.Read(path);
    }
}
